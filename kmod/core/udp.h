/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SKYPE_CORE_UDP_H
#define SKYPE_CORE_UDP_H

#include "packet.h"
#include "verdict.h"

#define SKYPE_U1_MIN 18 /* header of a data message and 7 bytes of plain text */
#define SKYPE_U1_OFF_TYPE 2
#define SKYPE_U1_TYPE 0x02

/**
 * skype_udp_maybe_request() - whether size and type are those of a U1
 * @v: payload of a datagram
 *
 * Return: false when skype_udp_guards() would find the same, and quicker.
 */
static inline bool skype_udp_maybe_request(const struct skype_view *v)
{
	return v->size >= SKYPE_U1_MIN &&
	       skype_view_u8(v, SKYPE_U1_OFF_TYPE) == SKYPE_U1_TYPE;
}

enum skype_note skype_udp_guards(const struct skype_view *v);

#endif /* SKYPE_CORE_UDP_H */
