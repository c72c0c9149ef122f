/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host tables of a capture: the getters of kmod/core/host.h over bounded
 * hash tables, and what only a file needs: sessions that ended on the way.
 *
 * Nothing here is locked: one thread reads a file.
 */
#ifndef SKYPECTL_HOSTS_H
#define SKYPECTL_HOSTS_H

#include "host.h"

#define HOSTS_ENTRIES 32768 /* of each table, unless said otherwise */

/* Called with every session that will not change any more. */
typedef void hosts_session_t(void *context, const struct skype_client *client);

struct skype_hosts *hosts_new(hosts_session_t *ended, void *context);
struct skype_hosts *hosts_new_sized(u32 entries, hosts_session_t *ended,
				    void *context);
void hosts_free(struct skype_hosts *hosts);

void hosts_advance(struct skype_hosts *hosts, u64 now);
void hosts_finish(struct skype_hosts *hosts, u64 now);

u32 hosts_proofs(const struct skype_hosts *hosts);
bool hosts_proven(struct skype_hosts *hosts, const struct skype_addr *addr,
		  __be16 port, u64 now);
u64 hosts_evicted(const struct skype_hosts *hosts);

/*
 * All entries of one kind, oldest first, with those that were proven and whose
 * time is over: an array to be freed.
 */
struct skype_endpoint *hosts_endpoints(const struct skype_hosts *hosts,
				       size_t *count);
struct skype_supernode *hosts_supernodes(const struct skype_hosts *hosts,
					 size_t *count);

#endif /* SKYPECTL_HOSTS_H */
