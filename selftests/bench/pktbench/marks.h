/* SPDX-License-Identifier: GPL-2.0 */
/*
 * No-ops that only the profiler (../profile.c) takes for something: a packet's
 * way begins, it ends, the figures are read.
 */
#ifndef MARKS_H
#define MARKS_H

#define MARK_BEGIN	0x5c1be001
#define MARK_END	0x5c1be002
#define MARK_SECTION	0x5c1be003

#define MARK_STRING(mark)	#mark
#define MARK(mark)		asm volatile("nopl " MARK_STRING(mark) "(%%rax)" ::: "memory")

#endif /* MARKS_H */
