/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SKYPECTL_OUT_POLICY_H
#define SKYPECTL_OUT_POLICY_H

#include "out.h"
#include "policy.h"

/* The JSON object of a policy; a new reference */
json_t *out_policy_json(const struct policy *policy);
/* A line of settings and a table of rules, or {"schema":1,"policy":{...}} */
void out_policy(const struct settings *set, const struct policy *policy);

#endif /* SKYPECTL_OUT_POLICY_H */
