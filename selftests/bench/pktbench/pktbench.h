/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /dev/pktbench: what is written to it are packets, each a struct
 * pktbench_packet with its bytes, beginning with the IP header.  They arrive on
 * the gateway one by one, in their order.  What is read from it is a __u32 for
 * each packet since the last read: the instructions it took.
 */
#ifndef PKTBENCH_H
#define PKTBENCH_H

#include <linux/types.h>

#define PKTBENCH_DEVICE		"/dev/pktbench"
#define PKTBENCH_LENGTH_MAX	2048	/* bytes of one packet */
#define PKTBENCH_COSTS_MAX	(1U << 20) /* packets between two reads */

struct pktbench_packet {
	__u16 length;	/* bytes that follow */
	__u16 side;	/* where it arrives: 0 lan, 1 wan */
};

#endif /* PKTBENCH_H */
