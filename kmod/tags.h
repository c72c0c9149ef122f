/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sets of four tags: what the flow table and the host tables look through first.
 * A tag is a word of an entry's hash, 0 when the place is free.
 */
#ifndef NF_SKYPE_TAGS_H
#define NF_SKYPE_TAGS_H

#include <linux/compiler.h>
#include <linux/types.h>

#define NF_SKYPE_WAYS 4

/* Where a tag is, is not NULL: the compiler need not test for that. */
static __always_inline u32 *nf_skype_tags_found(u32 *tag)
{
	if (!tag)
		__builtin_unreachable();
	return tag;
}

/**
 * nf_skype_tags_find() - the place in a set that has a tag
 * @tags: the set
 * @tag: what to look for; 0 finds a free place
 *
 * Without the set's lock the answer is a hint.  (READ_ONCE() would keep the
 * compiler from comparing in memory.)
 *
 * Return: where it is, or NULL.
 */
static __always_inline u32 *nf_skype_tags_find(u32 *tags, u32 tag)
{
	/* whose tag it is, only the entry tells */
	return data_race(tags[0] == tag ? nf_skype_tags_found(&tags[0]) :
			 tags[1] == tag ? nf_skype_tags_found(&tags[1]) :
			 tags[2] == tag ? nf_skype_tags_found(&tags[2]) :
			 tags[3] == tag ? nf_skype_tags_found(&tags[3]) : NULL);
}

#endif /* NF_SKYPE_TAGS_H */
