/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SKYPE_CORE_PADDING_H
#define SKYPE_CORE_PADDING_H

#include "packet.h"

/* The byte that follows @byte in a padding run (section 4.1). */
static inline u8 skype_padding_next(u8 byte)
{
	return (u8)(0xcd * byte + 0x71);
}

u32 skype_padding_steps(const struct skype_view *v, u32 from, u32 to);
bool skype_key_stream_restart(const struct skype_view *v);

#endif /* SKYPE_CORE_PADDING_H */
