// SPDX-License-Identifier: GPL-2.0
/*
 * Events.
 *
 * They are made only when somebody listens, and no more than a second's worth:
 * whoever floods the gateway shall not keep it busy with telling so.  What was
 * left out is counted, and the next event is preceded by an "overrun".
 */
#include <linux/jiffies.h>
#include <uapi/linux/nf_skype.h>

#include "message.h"
#include "net.h"
#include "netlink.h"

#define EVENTS_A_SECOND 2000

static bool is_over; /* the family goes, and its group may be another's */

static bool has_listeners(const struct nf_skype_net *sn)
{
	return genl_has_listeners(&nf_skype_family, sn->net,
				  NF_SKYPE_MULTICAST_EVENTS);
}

/**
 * nf_skype_event_end() - no event any more
 *
 * Context: process; may sleep.  Work under way may still have one to tell.
 */
void nf_skype_event_end(void)
{
	WRITE_ONCE(is_over, true);
	synchronize_net();
}

/* Look for listeners; nf_skype_event_wanted() remembers what was found. */
bool nf_skype_event_ask(struct nf_skype_net *sn)
{
	bool wanted = has_listeners(sn);

	WRITE_ONCE(sn->events.asked, jiffies * 2 | wanted);
	return wanted;
}

static bool within_rate(struct nf_skype_events *events)
{
	unsigned long now = jiffies;
	long age = now - READ_ONCE(events->second);

	/* before now, or so long ago that it looks like a time to come */
	if (age >= HZ || age < -HZ) {
		WRITE_ONCE(events->second, now);
		atomic_set(&events->sent, 0);
	}
	return atomic_inc_return(&events->sent) <= EVENTS_A_SECOND;
}

static void lose(struct nf_skype_net *sn)
{
	nf_skype_count(sn->stats, NF_SKYPE_COUNT_EVENT_LOST);
	WRITE_ONCE(sn->events.overrun, true);
}

static struct sk_buff *start(const char *name, void **header)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_ATOMIC);

	if (!skb)
		return NULL;
	*header = genlmsg_put(skb, 0, 0, &nf_skype_family, 0,
			      NF_SKYPE_CMD_EVENT);
	if (*header && !nla_put_string(skb, NF_SKYPE_A_EVENT, name))
		return skb;
	nlmsg_free(skb);
	return NULL;
}

static void finish(struct nf_skype_net *sn, struct sk_buff *skb, void *header)
{
	int ret;

	genlmsg_end(skb, header);
	ret = genlmsg_multicast_netns(&nf_skype_family, sn->net, skb, 0,
				      NF_SKYPE_MULTICAST_EVENTS, GFP_ATOMIC);
	if (!ret)
		nf_skype_count(sn->stats, NF_SKYPE_COUNT_EVENT_SENT);
	else if (ret == -ESRCH) /* no reader had room, and its socket says so */
		nf_skype_count(sn->stats, NF_SKYPE_COUNT_EVENT_LOST);
	else
		lose(sn);
}

/* Return false when there is something to tell that cannot be told. */
static bool tell_overrun(struct nf_skype_net *sn)
{
	struct sk_buff *skb;
	void *header;

	if (!READ_ONCE(sn->events.overrun))
		return true;
	skb = start("overrun", &header);
	if (!skb)
		return false;
	WRITE_ONCE(sn->events.overrun, false);
	finish(sn, skb, header);
	return true;
}

/* What an event is about: one of these, or nothing. */
struct subject {
	const struct nf_skype_flow_info *flow;
	const struct skype_endpoint *endpoint;
	const struct skype_client *session;
	u8 mode;
};

static int put_subject(struct sk_buff *skb, const struct subject *about)
{
	if (about->flow)
		return nf_skype_message_flow(skb, about->flow);
	if (about->endpoint)
		return nf_skype_message_endpoint(skb, about->endpoint);
	if (about->session)
		return nf_skype_message_session(skb, about->session);
	return nla_put_u8(skb, NF_SKYPE_A_MODE, about->mode);
}

static void tell(struct nf_skype_net *sn, const char *name,
		 const struct subject *about)
{
	struct sk_buff *skb;
	void *header;

	if (READ_ONCE(is_over))
		return;
	if (!within_rate(&sn->events) || !tell_overrun(sn)) {
		lose(sn);
		return;
	}
	skb = start(name, &header);
	if (!skb) {
		lose(sn);
		return;
	}
	if (put_subject(skb, about)) {
		nlmsg_free(skb);
		lose(sn);
		return;
	}
	finish(sn, skb, header);
}

static void tell_endpoint(struct nf_skype_net *sn, const struct skype_end *end,
			  u64 now)
{
	struct skype_endpoint *e, copy;

	e = skype_endpoint_find(&sn->hosts, &end->own, end->own_port, now);
	if (!e)
		return;
	copy = *e;
	skype_endpoint_put(&sn->hosts, e);
	tell(sn, "endpoint", &(struct subject){ .endpoint = &copy });
}

static void tell_session(struct nf_skype_net *sn, u32 events,
			 const struct skype_end *end, u64 now)
{
	struct skype_client *c, copy;

	c = skype_client_find(&sn->hosts, &end->own, now);
	if (!c)
		return;
	copy = *c;
	skype_client_put(&sn->hosts, c);
	nf_skype_event_session(sn, events, &copy);
}

#define SESSION_EVENTS \
	(SKYPE_EVENT_SESSION_START | SKYPE_EVENT_SUPERNODE_CHANGE)

/**
 * nf_skype_event_flow() - tell what a packet has made happen
 * @sn: the namespace
 * @events: set of enum skype_event
 * @info: the flow
 * @ended: with SKYPE_EVENT_SESSION_END: the session
 * @now: nf_skype_now()
 *
 * Context: BH off; takes locks of the host tables.
 */
void nf_skype_event_flow(struct nf_skype_net *sn, u32 events,
			 const struct nf_skype_flow_info *info,
			 const struct skype_client *ended, u64 now)
{
	const struct skype_end *client = &info->ends.end[info->flow.client];
	const struct subject flow = { .flow = info };

	if (!has_listeners(sn))
		return;
	if (events & SKYPE_EVENT_FLOW)
		tell(sn, "flow", &flow);
	if (events & SKYPE_EVENT_LOGIN_OK)
		tell(sn, "login-ok", &flow);
	if (events & SKYPE_EVENT_LOGIN_REFUSED)
		tell(sn, "login-refused", &flow);
	if (events & SKYPE_EVENT_ENDPOINT)
		tell_endpoint(sn, client, now);
	if (events & SKYPE_EVENT_SESSION_END)
		nf_skype_event_session(sn, SKYPE_EVENT_SESSION_END, ended);
	if (events & SESSION_EVENTS)
		tell_session(sn, events & SESSION_EVENTS, client, now);
}

/**
 * nf_skype_event_session() - tell what has become of a session
 * @sn: the namespace
 * @events: set of enum skype_event; others than those of sessions are ignored
 * @client: a copy of the client
 *
 * Context: any.
 */
void nf_skype_event_session(struct nf_skype_net *sn, u32 events,
			    const struct skype_client *client)
{
	const struct subject session = { .session = client };

	if (!has_listeners(sn))
		return;
	if (events & SKYPE_EVENT_SESSION_END)
		tell(sn, "session-end", &session);
	if (events & SKYPE_EVENT_SESSION_START)
		tell(sn, "session-start", &session);
	if (events & SKYPE_EVENT_SUPERNODE_CHANGE)
		tell(sn, "supernode-change", &session);
}

/**
 * nf_skype_event_policy() - tell that the policy or the mode has changed
 * @sn: the namespace
 * @mode: enum nf_skype_mode
 *
 * Context: any.
 */
void nf_skype_event_policy(struct nf_skype_net *sn, u8 mode)
{
	if (has_listeners(sn))
		tell(sn, "policy", &(struct subject){ .mode = mode });
}
