/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NF_SKYPE_NETLINK_H
#define NF_SKYPE_NETLINK_H

#include <net/genetlink.h>

extern struct genl_family nf_skype_family;

#define NF_SKYPE_MULTICAST_EVENTS 0

#endif /* NF_SKYPE_NETLINK_H */
