// SPDX-License-Identifier: GPL-2.0
/*
 * Evidence that no single flow has.
 *
 * Theory of Operation
 * -------------------
 *
 * Endpoints.  A client listens and probes on one UDP port, so what its probes
 * have in common is looked for by address and port (signatures.md, sections
 * 4.3 and 5):
 *
 *	flow            first datagram          run
 *	-> 198.51.100.1  id 4f10                 1
 *	-> 198.51.100.2  id 4f12  (+2)           2
 *	-> 198.51.100.3  id 4f18  (+6)           2   some went elsewhere
 *	-> 198.51.100.3  id 4f18  (again)        2   ignored
 *	-> 198.51.100.4  id 4f1a  (+2)           3
 *	...
 *	-> 198.51.100.9  id 4f24  (+2)           8   proven: likely
 *
 * One counter serves all destinations.  Eight different peers in one run were
 * reached by no other protocol (the best came to six).
 *
 * NACKs of different peers that report one public address prove the endpoint
 * too, and a resend with every echo right proves it for certain.  What counts over
 * several peers are answers to different requests: a client's ids climb, and one
 * that never changes is a constant of some other protocol.
 *
 * Super nodes.  A node that answered a probe positively is where its client
 * will connect by TCP.  One client's word counts for that client only, that of
 * a proven client for all: so nobody can make another's connections likely by
 * probing a node himself.
 *
 * Sessions.  By client address (section 3, steps 9 to 11):
 *
 *	         accepted              closed, none up       60 s pass
 *	NONE ----------------> ACTIVE ----------------> CLOSING ------> ENDED
 *	           start        ^  |                       |     end,
 *	                        |  | accepted: change      |     dated at
 *	                        '--'<----------------------'     the close
 *	                                accepted: change
 */
#include "host.h"

/* Let the id of a new request go on with the run, or start another. */
static void run_goes_on(struct skype_endpoint *e, u16 id, u32 peer)
{
	u16 step = (u16)(id - e->run_id);

	if (e->run == 0 || step > 16 || step % 2 != 0) {
		skype_run_starts(e, id, peer);
		return;
	}
	e->run_id = id;
	if (step == 2)
		skype_tag_add(e->run_tags, SKYPE_CHAIN_PROOF, &e->run, peer);
}

/* As skype_endpoint_request(), for an endpoint that has sent one before. */
bool skype_endpoint_request_again(struct skype_endpoint *e, u16 id, u32 peer, u64 now)
{
	u32 before = e->run;
	bool again = before && id == e->run_id;

	e->requests++;
	skype_tag_add(e->peer_tags, SKYPE_CHAIN_PROOF, &e->peers, peer);
	if (!again)
		run_goes_on(e, id, peer);
	if (e->run > e->chain)
		e->chain = e->run;
	if (e->grade == SKYPE_GRADE_NONE || (!again && e->run >= SKYPE_CHAIN_PROOF))
		e->last = now;
	return e->run == SKYPE_CHAIN_PROOF && before < SKYPE_CHAIN_PROOF;
}

/**
 * skype_endpoint_nack() - a NACK with the right id told the public address
 * @e: the locked entry
 * @public: the address, network byte order
 * @id: id of the request that it answers, host byte order
 * @peer: fingerprint of the node that sent the NACK
 * @now: time in milliseconds
 *
 * Return: true when another peer has reported the same address, asked by another
 * request (section 4.3).
 */
bool skype_endpoint_nack(struct skype_endpoint *e, __be32 public, u16 id, u32 peer,
			 u64 now)
{
	skype_endpoint_forget_hints(e, now);
	e->hinted = e->last = now;
	if (e->nack_tag && e->public == public)
		return e->nack_tag != peer && e->nack_id != id;
	e->nack_tag = peer;
	e->nack_id = id;
	e->public = public;
	return false;
}

/**
 * skype_endpoint_prove() - a proof of the endpoint was seen
 * @e: the locked entry
 * @grade: likely or certain
 * @now: time in milliseconds
 *
 * Return: true when it was not proven before.
 */
bool skype_endpoint_prove(struct skype_endpoint *e, enum skype_grade grade,
			  u64 now)
{
	bool first = e->grade == SKYPE_GRADE_NONE;

	if (grade > e->grade)
		e->grade = grade;
	e->last = now;
	return first;
}

/**
 * skype_supernode_serves() - whether a client may lean on the node's answer
 * @s: the locked entry
 * @client: fingerprint of the client
 * @now: time in milliseconds
 *
 * Return: true when the node answered this client, or a proven one lately (section 5).
 */
bool skype_supernode_serves(const struct skype_supernode *s, u32 client, u64 now)
{
	u32 count = s->clients < SKYPE_CLIENT_TAGS ? s->clients :
						     SKYPE_CLIENT_TAGS;

	return (s->proven && skype_since(now, s->proven) <= SKYPE_EVIDENCE_MS) ||
	       skype_tag_seen(s->client_tags, count, client);
}

/**
 * skype_session_closed() - a super node connection of the client is gone
 * @c: the locked entry
 * @client: the client's end of it
 * @node: the super node's end
 * @now: time in milliseconds
 *
 * While others are up the session goes on.
 */
void skype_session_closed(struct skype_client *c, const struct skype_end *client,
			  const struct skype_end *node, u64 now)
{
	if (c->state != SKYPE_SESSION_ACTIVE)
		return;
	if (c->up <= 1) {
		skype_session_gone(c, now);
		return;
	}
	c->up--;
	if (c->client_port == client->own_port &&
	    c->node_port == node->seen_port &&
	    skype_addr_equal(&c->node, &node->seen))
		c->client_port = 0;
}

/**
 * skype_session_met() - a super node connection of the client is up
 * @c: the locked entry
 * @client: the client's end of it
 * @node: the super node's end
 */
void skype_session_met(struct skype_client *c, const struct skype_end *client,
		       const struct skype_end *node)
{
	if (c->client_port)
		c->met = true;
	else
		skype_session_remember(c, client, node);
}

/**
 * skype_session_gone() - all super node connections of the client are gone
 * @c: the locked entry
 * @now: time in milliseconds
 */
void skype_session_gone(struct skype_client *c, u64 now)
{
	if (c->state != SKYPE_SESSION_ACTIVE)
		return;
	c->up = 0;
	c->state = SKYPE_SESSION_CLOSING;
	c->end = now;
	c->last = now;
}
