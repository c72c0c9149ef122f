/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way to the module: generic netlink over libmnl.
 *
 *	struct nl *nl;
 *	struct nlmsghdr *request;
 *
 *	status = nl_open(&nl);
 *	request = nl_request(nl, NF_SKYPE_CMD_..., flags);
 *	... append attributes ...
 *	status = nl_run(nl, request, take, arg);
 *	nl_close(nl);
 *
 * Functions that return a status return an enum exit_status, after they have
 * printed what is wrong.
 */
#ifndef SKYPECTL_NL_H
#define SKYPECTL_NL_H

#include "nl_codec.h"

struct nl;

/**
 * typedef nl_take - take one message of the answer
 *
 * Return: false when the message lacks what it must have.
 */
typedef bool (*nl_take)(const struct codec_message *message, void *arg);

/**
 * typedef nl_locate - say where a refused attribute comes from
 * @request: the request
 * @offset: of the attribute, from the start of @request
 * @where: result, "" or as in "policy.conf:7: "
 * @len: its size
 */
typedef void (*nl_locate)(const void *arg, const struct nlmsghdr *request,
			  u32 offset, char *where, size_t len);

int nl_open(struct nl **nl);
void nl_close(struct nl *nl);

/* Begin a request; @flags may have NLM_F_DUMP. */
struct nlmsghdr *nl_request(struct nl *nl, u8 cmd, u16 flags);

/* Let the error text of nl_run() begin with the place of what was refused. */
void nl_locate_with(struct nl *nl, nl_locate locate, const void *arg);

/* Send a request and hand its answer to @take, until it is done. */
int nl_run(struct nl *nl, struct nlmsghdr *request, nl_take take, void *arg);

/* Open, send a request without attributes, and close. */
int nl_simple(u8 cmd, u16 flags, nl_take take, void *arg);

/* Hear events from now on. */
int nl_subscribe(struct nl *nl);

/**
 * nl_events() - hand over events until told to end
 * @nl: after nl_subscribe()
 * @take: called for each event; with NULL when the kernel had to drop some
 * @arg: for @take
 *
 * SIGINT and SIGTERM end the program, with EXIT_DONE.
 *
 * Return: EXIT_DONE when nobody reads any more; EXIT_ABSENT when the module goes.
 */
int nl_events(struct nl *nl, nl_take take, void *arg);

/* Where the state byte stands: asks the module, if one answers. */
unsigned int nl_mark_shift(void);

#endif /* SKYPECTL_NL_H */
