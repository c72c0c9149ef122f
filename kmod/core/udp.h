/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SKYPE_CORE_UDP_H
#define SKYPE_CORE_UDP_H

#include "packet.h"
#include "verdict.h"

enum skype_note skype_udp_guards(const struct skype_view *v);

#endif /* SKYPE_CORE_UDP_H */
