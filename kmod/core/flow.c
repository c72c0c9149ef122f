// SPDX-License-Identifier: GPL-2.0
/*
 * The verdict of a flow: how evidence adds up.
 *
 * A verdict only grows.  Its grade is that of the best evidence; its class is
 * the most telling one that the evidence shows: a login inside a super node
 * connection is a login, a super node connection is more than other signalling,
 * a probe more than other traffic of the endpoint, and voice more than either.
 */
#include "flow.h"

static const u8 class_rank[SKYPE_CLASS_COUNT] = {
	[SKYPE_CLASS_PEER] = 1,	 [SKYPE_CLASS_SIGNAL] = 1,
	[SKYPE_CLASS_PROBE] = 2, [SKYPE_CLASS_SUPERNODE] = 2,
	[SKYPE_CLASS_LOGIN] = 3, [SKYPE_CLASS_UPDATE] = 3,
	[SKYPE_CLASS_VOICE] = 4,
};

/**
 * skype_reasons_have() - whether a list holds a reason
 * @reasons: the list
 * @reason: what to look for
 *
 * Return: true when it does.
 */
bool skype_reasons_have(skype_reasons_t reasons, enum skype_reason reason)
{
	for (; reasons; reasons >>= SKYPE_REASON_BITS)
		if (skype_reasons_at(reasons, 0) == (int)reason)
			return true;
	return false;
}

/**
 * skype_flow_reason() - remember a piece of evidence
 * @flow: the flow
 * @reason: what was seen
 *
 * A reason is listed once.  With all slots taken (no signature has so many) a
 * further one is dropped; the verdict does not depend on the list.
 */
void skype_flow_reason(struct skype_flow *flow, enum skype_reason reason)
{
	unsigned int slot = 0;

	if (skype_reasons_have(flow->reasons, reason))
		return;
	while (skype_reasons_at(flow->reasons, slot) >= 0)
		slot++;
	if (slot < SKYPE_REASON_SLOTS)
		flow->reasons |= (u64)(reason + 1) << (slot * SKYPE_REASON_BITS);
}

/**
 * skype_flow_verdict() - let evidence raise the verdict (section 5)
 * @flow: the flow
 * @class: class that the evidence shows
 * @grade: its strength
 *
 * Neither class nor grade ever falls.  When one of them changes on a flow that
 * policy may act on, this packet is the one on which it was decided.
 */
void skype_flow_verdict(struct skype_flow *flow, enum skype_class class,
			enum skype_grade grade)
{
	bool class_up = class_rank[class] > class_rank[flow->class];
	bool grade_up = grade > flow->grade;

	if (class_up)
		flow->class = class;
	if (grade_up)
		flow->grade = grade;
	if ((class_up || grade_up) && flow->grade >= SKYPE_GRADE_LIKELY)
		flow->decided_at = flow->packets < 0xffff ? flow->packets : 0xffff;
}
