/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fuzzer's bytes, taken one after the other: behind the end come zeros.
 */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct input {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t input_u8(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

static inline uint16_t input_u16(struct input *in)
{
	uint16_t high = input_u8(in);

	return (uint16_t)(high << 8 | input_u8(in));
}

/* Fill @to with the next @len bytes, as far as they go. */
static inline void input_bytes(struct input *in, uint8_t *to, size_t len)
{
	size_t got = len < in->left ? len : in->left;

	memset(to, 0, len);
	if (got)
		memcpy(to, in->at, got);
	in->at += got;
	in->left -= got;
}

/* An invariant does not hold: tell which one, and stop. */
#define check(condition)                                                       \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "%s:%d: does not hold: %s\n",          \
				__FILE__, __LINE__, #condition);               \
			abort();                                               \
		}                                                              \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* FUZZ_INPUT_H */
