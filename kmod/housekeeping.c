// SPDX-License-Identifier: GPL-2.0
/*
 * What is done beside the packet path.  The conntracks of all namespaces are in one
 * table, and a walk looks at all of them; so there is one queue for all namespaces,
 * and after a walk a pause that is longer than it.
 */
#include <linux/in.h>
#include <linux/sched.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "clock.h"
#include "core/classify.h"
#include "housekeeping.h"
#include "mark.h"

#define SESSIONS_PERIOD (5 * HZ)
#define ADOPTION_TIMES 9 /* a walk's length, until the next one, but at least */
#define ADOPTION_PAUSE HZ
#define ADOPTION_PAUSE_MOST (10 * HZ)

static struct workqueue_struct *queue;

static union nf_inet_addr inet_addr_of(const struct skype_addr *addr)
{
	union nf_inet_addr u3 = {};

	if (skype_addr_is_v4(addr))
		u3.ip = addr->w[3];
	else
		memcpy(u3.ip6, addr->w, sizeof(u3.ip6));
	return u3;
}

/* The original tuple of a client's present super node connection. */
static void tuple_of(const struct skype_client *c,
		     struct nf_conntrack_tuple *tuple)
{
	memset(tuple, 0, sizeof(*tuple));
	tuple->src.l3num = skype_addr_is_v4(&c->addr) ? NFPROTO_IPV4 :
							NFPROTO_IPV6;
	tuple->src.u3 = inet_addr_of(&c->addr);
	tuple->src.u.tcp.port = c->client_port;
	tuple->dst.u3 = inet_addr_of(&c->node);
	tuple->dst.u.tcp.port = c->node_port;
	tuple->dst.protonum = IPPROTO_TCP;
	tuple->dst.dir = IP_CT_DIR_ORIGINAL;
}

/* A connection of another zone than the default one is not found this way. */
static bool connection_is_found(struct net *net, const struct skype_client *c)
{
	struct nf_conntrack_tuple_hash *h;
	struct nf_conntrack_tuple tuple;

	if (!c->client_port)
		return false;
	tuple_of(c, &tuple);
	h = nf_conntrack_find_get(net, &nf_ct_zone_dflt, &tuple);
	if (!h)
		return false;
	nf_ct_put(nf_ct_tuplehash_to_ctrack(h));
	return true;
}

/* A session whose connection is not found must be met, or it is gone. */
static bool is_doubtful(struct nf_skype_net *sn, struct skype_client *c, u64 now)
{
	struct skype_client *entry;
	bool doubtful = false;

	if (c->state != SKYPE_SESSION_ACTIVE || connection_is_found(sn->net, c))
		return false;
	local_bh_disable();
	entry = skype_client_find(&sn->hosts, &c->addr, now);
	if (entry) {
		doubtful = entry->client_port == c->client_port &&
			   entry->node_port == c->node_port &&
			   skype_addr_equal(&entry->node, &c->node);
		if (doubtful) {
			entry->client_port = 0;
			entry->met = false;
		}
		skype_client_put(&sn->hosts, entry);
	}
	local_bh_enable();
	return doubtful;
}

/* Tell the client's session that this connection is up, if it is one. */
static int meet(struct nf_conn *ct, void *data)
{
	struct nf_skype_net *sn = data;
	struct skype_client *client;
	struct skype_ends ends;
	struct skype_flow flow;

	if (!nf_skype_conntrack_alive(ct) ||
	    !nf_skype_flowtab_copy(&sn->flows, ct, &flow) ||
	    !skype_flow_connected(&flow) || flow.done)
		return 0;
	nf_skype_conntrack_ends(ct, &ends);
	client = skype_client_find(&sn->hosts, &ends.end[flow.client].own,
				  nf_skype_now());
	if (!client)
		return 0;
	skype_session_met(client, &ends.end[flow.client], &ends.end[!flow.client]);
	skype_client_put(&sn->hosts, client);
	return 0;
}

/*
 * Walk over all conntracks.  @visit is called under the lock of their bucket, and
 * returns 0: of what this function was made for, to delete them, there is nothing.
 */
static void visit_conntracks(struct nf_skype_net *sn, nf_skype_conntrack_visitor *visit)
{
	const struct nf_ct_iter_data walk = { .net = sn->net, .data = sn };

	nf_ct_iterate_cleanup_net(visit, &walk);
}

static bool has_session(const struct skype_client *c)
{
	return c->state == SKYPE_SESSION_ACTIVE || c->state == SKYPE_SESSION_CLOSING;
}

/* See to one client's session.  Return whether there is one to see to later. */
static bool tend(struct nf_skype_net *sn, struct skype_client *c, u64 now)
{
	struct skype_client *entry;
	u32 events;

	local_bh_disable();
	entry = skype_client_find(&sn->hosts, &c->addr, now);
	if (!entry) {
		local_bh_enable();
		return false;
	}
	if (!entry->met)
		skype_session_gone(entry, now);
	events = skype_session_tick(entry, now);
	*c = *entry;
	skype_client_put(&sn->hosts, entry);
	local_bh_enable();
	nf_skype_event_session(sn, events, c);
	return has_session(c);
}

/* Call @see for every client with a session; return whether it ever said so. */
static bool see_all(struct nf_skype_net *sn,
		    bool (*see)(struct nf_skype_net *sn, struct skype_client *c,
				u64 now))
{
	struct skype_client c;
	bool said = false;
	unsigned int i;

	for (i = 0; i < nf_skype_hosttab_size(&sn->hosts.clients); i++) {
		u64 now = nf_skype_now();

		if (nf_skype_hosttab_copy(&sn->hosts.clients, i, &c, now) &&
		    has_session(&c))
			said |= see(sn, &c, now);
		cond_resched();
	}
	return said;
}

/*
 * Most sessions' connections are found by their address.  For all others together
 * there is one walk over the conntracks.
 */
static void sessions_work(struct work_struct *work)
{
	struct nf_skype_net *sn;

	sn = container_of(to_delayed_work(work), struct nf_skype_net, sessions);
	if (see_all(sn, is_doubtful))
		visit_conntracks(sn, meet);
	if (see_all(sn, tend))
		queue_delayed_work(queue, &sn->sessions, SESSIONS_PERIOD);
}

static bool is_proven(struct nf_skype_net *sn, const struct skype_end *end,
		      u64 now)
{
	struct skype_endpoint *e;
	bool proven;

	if (!skype_endpoint_maybe_proven(&sn->hosts, end->own_port))
		return false;
	e = skype_endpoint_find(&sn->hosts, &end->own, end->own_port, now);
	if (!e)
		return false;
	proven = e->grade >= SKYPE_GRADE_LIKELY;
	skype_endpoint_put(&sn->hosts, e);
	return proven;
}

/*
 * The entry of a flow that was given up, or a new one; NULL when it is under
 * inspection, or there is no room.
 */
static struct nf_skype_entry *entry_to_adopt(struct nf_skype_net *sn,
					     struct nf_conn *ct, u64 now)
{
	struct nf_skype_entry *entry = nf_skype_flowtab_lookup(&sn->flows, ct);

	if (entry)
		return entry->flow.done && !skype_flow_is_likely(&entry->flow) ?
			       entry : NULL;
	entry = nf_skype_flowtab_insert(&sn->flows, ct, now);
	if (!entry)
		return NULL;
	skype_flow_start_udp(&entry->flow);
	if (test_bit(IPS_SEEN_REPLY_BIT, &ct->status))
		WRITE_ONCE(entry->policy,
			   entry->policy | NF_SKYPE_ENTRY_REPLIED);
	return entry;
}

static void adopt(struct nf_skype_net *sn, struct nf_conn *ct, u64 now)
{
	spinlock_t *lock = nf_skype_flowtab_lock(&sn->flows, ct);
	struct nf_skype_entry *entry;

	spin_lock(lock);
	entry = entry_to_adopt(sn, ct, now);
	if (entry) {
		skype_flow_adopt_udp(&entry->flow);
		/* a suspect was done, and with "offload on" any flow was; not any more */
		if (READ_ONCE(sn->mark_test))
			nf_skype_mark_write(ct, nf_skype_mark_of_state(SKYPE_STATE_DONE), 0);
		WRITE_ONCE(entry->mark, READ_ONCE(ct->mark));
		WRITE_ONCE(entry->policy, entry->policy | NF_SKYPE_ENTRY_INSPECT);
		nf_skype_count(sn->stats, NF_SKYPE_COUNT_FLOW_ADOPTED);
	}
	spin_unlock(lock);
}

/* No mark says so where they are somebody else's. */
static bool is_skype_by_mark(const struct nf_skype_net *sn, const struct nf_conn *ct)
{
	return READ_ONCE(ct->mark) & READ_ONCE(sn->mark_test) &
	       nf_skype_mark_of_state(SKYPE_STATE_SKYPE);
}

static int adopt_if_proven(struct nf_conn *ct, void *data)
{
	struct nf_skype_net *sn = data;
	struct skype_ends ends;
	u64 now = nf_skype_now();

	if (nf_ct_protonum(ct) != IPPROTO_UDP || !nf_skype_conntrack_alive(ct) ||
	    is_skype_by_mark(sn, ct))
		return 0;
	nf_skype_conntrack_ends(ct, &ends);
	if (is_proven(sn, &ends.end[0], now) || is_proven(sn, &ends.end[1], now))
		adopt(sn, ct, now);
	return 0;
}

/* Walk as soon as there may be a walk again. */
static void queue_adoption(struct nf_skype_net *sn)
{
	u64 next = READ_ONCE(sn->adopts_next), now = get_jiffies_64();

	queue_delayed_work(queue, &sn->adoption,
			   now < next ? min_t(u64, next - now, ADOPTION_PAUSE_MOST) : 0);
}

static void adoption_work(struct work_struct *work)
{
	u64 begin = get_jiffies_64(), end;
	struct nf_skype_net *sn;

	sn = container_of(to_delayed_work(work), struct nf_skype_net, adoption);
	if (begin < sn->adopts_next) { /* asked for during the last walk */
		queue_adoption(sn);
		return;
	}
	visit_conntracks(sn, adopt_if_proven);
	end = get_jiffies_64();
	WRITE_ONCE(sn->adopts_next,
		   end + clamp_t(u64, (end - begin) * ADOPTION_TIMES, ADOPTION_PAUSE,
				 ADOPTION_PAUSE_MOST));
}

/* Described in core/host.h. */
void skype_endpoint_proven(struct skype_hosts *hosts,
			   const struct skype_endpoint *e)
{
	struct nf_skype_net *sn = container_of(hosts, struct nf_skype_net, hosts);

	set_bit((__force u16)e->port, hosts->proven_ports);
	queue_adoption(sn);
}

/**
 * nf_skype_housekeeping_sessions() - there is a session to see to
 * @sn: the namespace
 *
 * It is looked after every 5 s until it has ended: its connection may go
 * without a FIN, and 60 s without a successor end it.
 *
 * Context: any.
 */
void nf_skype_housekeeping_sessions(struct nf_skype_net *sn)
{
	if (!delayed_work_pending(&sn->sessions))
		queue_delayed_work(queue, &sn->sessions, SESSIONS_PERIOD);
}

/* Return: 0 or -ENOMEM. */
int nf_skype_housekeeping_register(void)
{
	queue = alloc_ordered_workqueue("nf_skype", 0);
	return queue ? 0 : -ENOMEM;
}

/* Wait for the end of what is being done. */
void nf_skype_housekeeping_flush(void)
{
	flush_workqueue(queue);
}

/* All namespaces have stopped their work. */
void nf_skype_housekeeping_unregister(void)
{
	destroy_workqueue(queue);
}

/**
 * nf_skype_housekeeping_init() - prepare a namespace
 * @sn: the namespace
 */
void nf_skype_housekeeping_init(struct nf_skype_net *sn)
{
	INIT_DELAYED_WORK(&sn->sessions, sessions_work);
	INIT_DELAYED_WORK(&sn->adoption, adoption_work);
	sn->adopts_next = 0;
}

/**
 * nf_skype_housekeeping_stop() - wait for the end of all work
 * @sn: the namespace; no packet can start work any more
 *
 * Context: process; may sleep.
 */
void nf_skype_housekeeping_stop(struct nf_skype_net *sn)
{
	cancel_delayed_work_sync(&sn->sessions);
	cancel_delayed_work_sync(&sn->adoption);
}
