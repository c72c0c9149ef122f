/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the classifier core needs from the world around it, and nothing else.
 *
 * The core is built twice from the same files: into nf_skype.ko and into
 * skypectl and its tests.  This header is the only place that knows which of
 * the two it is.  It needs fixed-size integers, byte order, unaligned reads and
 * the memory functions; it has no skb, no lock, no clock and no allocator.
 */
#ifndef SKYPE_CORE_OS_H
#define SKYPE_CORE_OS_H

#ifdef __KERNEL__

#include <linux/types.h>
#include <linux/string.h>
#include <linux/kernel.h>
#include <linux/build_bug.h>
#include <asm/byteorder.h>

/* A number whose lowest byte stands first in memory. */
static inline u64 skype_le64(u64 bytes)
{
	return le64_to_cpu((__force __le64)bytes);
}

#else

#include <arpa/inet.h>
#include <assert.h>
#include <endian.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int16_t s16;
typedef int32_t s32;

#define __packed __attribute__((packed))
#define __aligned(bytes) __attribute__((aligned(bytes)))
#ifndef __force
#define __force
#endif
#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif

static inline u64 skype_le64(u64 bytes)
{
	return le64toh(bytes);
}

#endif /* __KERNEL__ */

#endif /* SKYPE_CORE_OS_H */
