/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where Debian's kernels 6.1, 6.12 and 7.2 differ: nowhere else in the module
 * is a version looked at.
 */
#ifndef NF_SKYPE_COMPAT_H
#define NF_SKYPE_COMPAT_H

#include <linux/version.h>
#include <net/genetlink.h>

/* The parsed attributes of a dump request: in struct genl_info since 6.7. */
static inline struct nlattr **nf_skype_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

/*
 * Debian's kernels clear every variable on the stack.  A buffer that is written
 * before it is read, and by far not always used, need not pay for that.
 */
#if __has_attribute(uninitialized)
#define nf_skype_uninitialized __attribute__((uninitialized))
#else
#define nf_skype_uninitialized
#endif

#endif /* NF_SKYPE_COMPAT_H */
