// SPDX-License-Identifier: GPL-2.0
/*
 * Padding that is not random, and a key stream that starts twice.
 *
 * Theory of Operation
 * -------------------
 *
 * Skype enciphers its TCP streams, yet two habits of the client show through
 * without any key (signatures.md, sections 4.1 and 4.2).
 *
 * 1. Where the client pads, it does not draw random bytes.  Each byte of a pad
 *    follows from the one before by a linear congruential generator:
 *
 *	g' = (0xCD * g + 0x71) mod 256
 *
 *    so a pad is a stretch of one fixed cycle of 256 bytes, and each step that
 *    fits is 8 bits of proof.  No byte is its own successor, so runs of zeros
 *    or of any other single byte never pass.
 *
 * 2. A direction's first message is seed(4), then a key stream over what
 *    follows; but the key stream begins anew after 10 bytes.  Whatever is
 *    enciphered 10 bytes apart therefore shares its key bytes, and the XOR of
 *    the two ciphertexts is the XOR of the two plain texts:
 *
 *	offset   0    4                        14  15  16
 *	       +----+-----+-------------+-----+---+---+------------------+
 *	plain  |seed| seq | 00 00 00 01 |flags|2n+|03 | padding g0 g1 .. |
 *	       |    | (2) |             | (4) | 3 |   | (n bytes)        |
 *	       +----+-----+-------------+-----+---+---+------------------+
 *	key          k0 k1  k2 k3 k4 k5  k6-k9 k0  k1  k2 k3 k4 ...
 *	                    '--------- same key bytes --'
 *
 *    C[6..12] ^ C[16..22] is thus 00 00 00 01 00 00 00 ^ g0..g6, where the
 *    zeros after the 01 are the first three flag bytes.  XOR the constant away
 *    and a run of the generator must remain: 6 steps, 48 bits of proof.  The
 *    last flag byte, at 13, then comes out as 1, 3 or 0x0f.
 */
#include "padding.h"

/* The bytes that follow eight bytes in padding runs, two times four at once. */
static u64 next8(u64 bytes)
{
	const u64 lanes = 0x00ff00ff00ff00ffULL, ones = 0x0001000100010001ULL;
	u64 even = (bytes & lanes) * 0xcd + ones * 0x71;
	u64 odd = (bytes >> 8 & lanes) * 0xcd + ones * 0x71;

	return (even & lanes) | (odd & lanes) << 8;
}

/**
 * skype_padding_steps() - count the steps of a padding run
 * @v: the payload
 * @from: offset of the run's first byte
 * @to: offset behind its last byte
 *
 * Return: number of steps, @to - @from - 1, when the whole stretch can be read
 * and is one run of the generator; else 0.  Section 4.1.
 */
u32 skype_padding_steps(const struct skype_view *v, u32 from, u32 to)
{
	u32 i;

	if (to <= from || !skype_view_has(v, from, to - from))
		return 0;
	for (i = from + 1; to - i >= 8; i += 8)
		if (skype_bytes8(v->data + i) !=
		    next8(skype_bytes8(v->data + i - 1)))
			return 0;
	for (; i < to; i++)
		if (skype_view_u8(v, i) !=
		    skype_padding_next(skype_view_u8(v, i - 1)))
			return 0;
	return to - from - 1;
}

/**
 * skype_key_stream_restart() - the proof KS of section 4.2
 * @v: first message of a direction, or behind R1 the client's second
 *
 * Return: true when the message shows a key stream that restarts after 10
 * bytes over header and padding.
 */
bool skype_key_stream_restart(const struct skype_view *v)
{
	const u64 header = 1 << 24; /* 00 00 00 01 00 00 00 */
	u64 pad, differ;

	if (!skype_view_has(v, 0, 24))
		return false;
	pad = skype_le64(skype_bytes8(v->data + 6) ^ skype_bytes8(v->data + 16)) ^ header;
	/* each byte, and the one that follows in a run from the byte before it */
	differ = (pad ^ next8(pad) << 8) >> 8;
	return differ == 0x01ULL << 48 || differ == 0x03ULL << 48 ||
	       differ == 0x0fULL << 48;
}
