// SPDX-License-Identifier: GPL-2.0
#include "nl.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RECEIVE_MAX (128 * 1024) /* more than the kernel puts into a message */
#define EVENT_BUFFER (1024 * 1024)

#ifndef NLM_F_DUMP_INTR
#define NLM_F_DUMP_INTR 0x10
#endif

/**
 * struct nl - a connection
 * @socket: netlink socket
 * @family: number of the module's family
 * @events: number of its multicast group
 * @seq: number of the latest request
 * @quiet: print no errors
 * @locate: says where a refused attribute comes from, or NULL
 * @locate_arg: for @locate
 * @request: buffer of the request under way
 * @answer: buffer of what is received
 */
struct nl {
	struct mnl_socket *socket;
	u16 family;
	u32 events;
	u32 seq;
	bool quiet;
	nl_locate locate;
	const void *locate_arg;
	char request[CODEC_REQUEST_MAX] __attribute__((aligned(8)));
	char answer[RECEIVE_MAX] __attribute__((aligned(8)));
};

/* Errors */

static int refused(struct nl *nl, int error, const char *text, const char *where)
{
	if (nl->quiet)
		return error == ENOENT || error == EPERM || error == EACCES ?
			       EXIT_ABSENT : EXIT_REFUSED;
	if (error == EPERM || error == EACCES)
		return failed(EXIT_ABSENT,
			      "not permitted%s%s (this needs CAP_NET_ADMIN: run it as root)",
			      text ? ": " : "", text ? text : "");
	if (error == ENOENT && !text)
		return failed(EXIT_ABSENT,
			      "nf_skype is not loaded (load it with: modprobe nf_skype)");
	return failed(EXIT_REFUSED, "%s%s", where, text ? text : strerror(error));
}

static int broken(const struct nl *nl, const char *what)
{
	if (nl->quiet)
		return EXIT_REFUSED;
	return failed(EXIT_REFUSED,
		      "%s; are module and skypectl of one version?", what);
}

/* The attributes that the kernel appends to an error or to the end of a dump */
struct extack {
	const char *text;
	u32 offset;
};

static void read_extack(struct extack *extack, const struct nlmsghdr *nlh,
			size_t skip)
{
	const char *data = mnl_nlmsg_get_payload(nlh);
	size_t len = mnl_nlmsg_get_payload_len(nlh);
	const struct nlattr *a;

	*extack = (struct extack){ 0 };
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || skip > len)
		return;
	for (a = (const void *)(data + skip);
	     mnl_attr_ok(a, (int)(data + len - (const char *)a));
	     a = mnl_attr_next(a)) {
		if (mnl_attr_get_type(a) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(a, MNL_TYPE_NUL_STRING) >= 0)
			extack->text = mnl_attr_get_str(a);
		if (mnl_attr_get_type(a) == NLMSGERR_ATTR_OFFS &&
		    mnl_attr_validate(a, MNL_TYPE_U32) >= 0)
			extack->offset = mnl_attr_get_u32(a);
	}
}

static int report(struct nl *nl, const struct nlmsghdr *nlh, int error,
		  size_t skip)
{
	const struct nlmsghdr *request = (void *)nl->request;
	struct extack extack;
	char where[256] = "";

	if (!error)
		return EXIT_DONE;
	read_extack(&extack, nlh, skip);
	if (nl->locate && extack.offset &&
	    extack.offset < request->nlmsg_len)
		nl->locate(nl->locate_arg, request, extack.offset, where,
			   sizeof(where));
	return refused(nl, error < 0 ? -error : error, extack.text, where);
}

static int take_error(struct nl *nl, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	size_t skip = sizeof(*e);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*e))
		return broken(nl, "short error message");
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += MNL_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
	return report(nl, nlh, e->error, skip);
}

static int take_done(struct nl *nl, const struct nlmsghdr *nlh)
{
	const int *error = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*error))
		return EXIT_DONE;
	return report(nl, nlh, *error, sizeof(*error));
}

/* Requests */

struct nlmsghdr *nl_request(struct nl *nl, u8 cmd, u16 flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl->request);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = nl->family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	if (!(flags & NLM_F_DUMP))
		nlh->nlmsg_flags |= NLM_F_ACK;
	nlh->nlmsg_seq = ++nl->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = NF_SKYPE_FAMILY_VERSION;
	return nlh;
}

void nl_locate_with(struct nl *nl, nl_locate locate, const void *arg)
{
	nl->locate = locate;
	nl->locate_arg = arg;
}

/* What one message of the answer means for the exchange */
struct exchange {
	nl_take take;
	void *arg;
	bool ended;
	bool interrupted;
	int status;
};

/* Of a family, ours or another, by the controller.  Ours may go. */
static void take_notice(struct nl *nl, const struct genlmsghdr *genl,
			const struct codec_message *message, struct exchange *x)
{
	const struct nlattr *id = message->attr[CTRL_ATTR_FAMILY_ID];

	if (genl->cmd != CTRL_CMD_DELFAMILY || !id ||
	    mnl_attr_validate(id, MNL_TYPE_U16) < 0 ||
	    mnl_attr_get_u16(id) != nl->family)
		return;
	x->ended = true;
	x->status = failed(EXIT_ABSENT, "nf_skype has been unloaded");
}

static void take_message(struct nl *nl, const struct nlmsghdr *nlh,
			 struct exchange *x)
{
	struct codec_message message;
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	size_t len = mnl_nlmsg_get_payload_len(nlh);

	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		x->interrupted = true;
	if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE) {
		x->ended = true;
		x->status = nlh->nlmsg_type == NLMSG_ERROR ?
				    take_error(nl, nlh) : take_done(nl, nlh);
		return;
	}
	if (nlh->nlmsg_type < NLMSG_MIN_TYPE || !x->take)
		return;
	if (len < sizeof(*genl) ||
	    !codec_parse(&message, genl + 1, len - sizeof(*genl)) ||
	    (nlh->nlmsg_type == nl->family && !x->take(&message, x->arg))) {
		x->ended = true;
		x->status = broken(nl, "the module's answer is not understood");
	} else if (nlh->nlmsg_type != nl->family) {
		take_notice(nl, genl, &message, x);
	}
}

static void take_messages(struct nl *nl, int len, struct exchange *x)
{
	const struct nlmsghdr *nlh = (void *)nl->answer;

	for (; mnl_nlmsg_ok(nlh, len) && !x->ended;
	     nlh = mnl_nlmsg_next(nlh, &len))
		if (nlh->nlmsg_seq == nl->seq || !nlh->nlmsg_seq)
			take_message(nl, nlh, x);
}

int nl_run(struct nl *nl, struct nlmsghdr *request, nl_take take, void *arg)
{
	struct exchange x = { .take = take, .arg = arg };
	ssize_t len;

	if (mnl_socket_sendto(nl->socket, request, request->nlmsg_len) < 0)
		return refused(nl, errno, NULL, "");
	while (!x.ended) {
		len = mnl_socket_recvfrom(nl->socket, nl->answer,
					  sizeof(nl->answer));
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return refused(nl, errno, NULL, "cannot receive: ");
		take_messages(nl, (int)len, &x);
	}
	if (x.interrupted && !nl->quiet)
		fputs("Warning: the table changed while it was read; entries may be missing or shown twice\n",
		      stderr);
	return x.status;
}

/* Opening: a family's number and that of one of its groups */

struct family {
	const char *group_name;
	u16 id;
	u32 group; /* 0: there is none of this name */
};

static void take_group(const struct nlattr *group, struct family *family)
{
	const struct nlattr *attr;
	const char *name = NULL;
	u32 id = 0;

	mnl_attr_for_each_nested(attr, group) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			name = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			id = mnl_attr_get_u32(attr);
	}
	if (name && !strcmp(name, family->group_name))
		family->group = id;
}

/* The controller's attributes have low numbers: those of any message will do. */
static bool take_family(const struct codec_message *message, void *arg)
{
	const struct nlattr *id = message->attr[CTRL_ATTR_FAMILY_ID];
	const struct nlattr *groups = message->attr[CTRL_ATTR_MCAST_GROUPS];
	const struct nlattr *group;
	struct family *family = arg;

	if (!id || mnl_attr_validate(id, MNL_TYPE_U16) < 0)
		return false;
	family->id = mnl_attr_get_u16(id);
	if (!groups)
		return true;
	mnl_attr_for_each_nested(group, groups)
		take_group(group, family);
	return true;
}

static int resolve(struct nl *nl, const char *name, struct family *family)
{
	u16 other = nl->family;
	struct nlmsghdr *request;
	int status;

	nl->family = GENL_ID_CTRL;
	request = nl_request(nl, CTRL_CMD_GETFAMILY, 0);
	((struct genlmsghdr *)mnl_nlmsg_get_payload(request))->version = 1;
	mnl_attr_put_strz(request, CTRL_ATTR_FAMILY_NAME, name);
	status = nl_run(nl, request, take_family, family);
	nl->family = other;
	return status;
}

static int find_module(struct nl *nl)
{
	struct family family = { .group_name = NF_SKYPE_MCGRP_EVENTS };
	int status = resolve(nl, NF_SKYPE_FAMILY_NAME, &family);

	nl->family = family.id;
	nl->events = family.group;
	return status;
}

static int open_socket(struct nl *nl)
{
	int on = 1;

	nl->socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!nl->socket ||
	    mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return nl->quiet ? EXIT_ABSENT :
				   failed(EXIT_ABSENT, "cannot talk to the kernel: %s",
					  strerror(errno));
	/* the kernel's own words, and not the whole request back */
	mnl_socket_setsockopt(nl->socket, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(nl->socket, NETLINK_CAP_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(nl->socket, NETLINK_GET_STRICT_CHK, &on,
			      sizeof(on));
	return EXIT_DONE;
}

static int open_quietly(struct nl **nl, bool quiet)
{
	int status;

	*nl = calloc(1, sizeof(**nl));
	if (!*nl)
		return failed(EXIT_USAGE, "out of memory");
	(*nl)->seq = (u32)time(NULL);
	(*nl)->quiet = quiet;
	status = open_socket(*nl);
	if (!status)
		status = find_module(*nl);
	if (status) {
		nl_close(*nl);
		*nl = NULL;
	}
	return status;
}

int nl_open(struct nl **nl)
{
	return open_quietly(nl, false);
}

void nl_close(struct nl *nl)
{
	if (!nl)
		return;
	if (nl->socket)
		mnl_socket_close(nl->socket);
	free(nl);
}

int nl_simple(u8 cmd, u16 flags, nl_take take, void *arg)
{
	struct nl *nl;
	int status = nl_open(&nl);

	if (status)
		return status;
	status = nl_run(nl, nl_request(nl, cmd, flags), take, arg);
	nl_close(nl);
	return status;
}

static bool take_shift(const struct codec_message *message, void *arg)
{
	struct record_status status;

	if (!codec_status(message->attr[NF_SKYPE_A_STATUS], &status))
		return false;
	*(unsigned int *)arg = status.mark_shift;
	return true;
}

unsigned int nl_mark_shift(void)
{
	unsigned int shift = POLICY_SHIFT_DEFAULT;
	struct nl *nl;

	if (open_quietly(&nl, true))
		return shift;
	nl_run(nl, nl_request(nl, NF_SKYPE_CMD_STATUS_GET, 0), take_shift,
	       &shift);
	nl_close(nl);
	return shift;
}

/* Events */

/*
 * At once, since a write() to a pipe that nobody reads would not end.  What an
 * event prints is one write() of less than PIPE_BUF bytes: it is out or it is not.
 */
static void end_well(int number)
{
	(void)number;
	_exit(EXIT_DONE);
}

static int join(struct nl *nl, u32 group)
{
	if (mnl_socket_setsockopt(nl->socket, NETLINK_ADD_MEMBERSHIP, &group,
				  sizeof(group)) < 0)
		return refused(nl, errno, NULL, "");
	return EXIT_DONE;
}

int nl_subscribe(struct nl *nl)
{
	struct family controller = { .group_name = "notify" };
	int size = EVENT_BUFFER, status;

	if (!nl->events)
		return broken(nl, "the module has no events");
	setsockopt(mnl_socket_get_fd(nl->socket), SOL_SOCKET, SO_RCVBUF, &size,
		   sizeof(size));
	/* that the module goes is told by the controller; first, to miss nothing */
	status = resolve(nl, "nlctrl", &controller);
	if (!status)
		status = join(nl, controller.group);
	return status ? status : join(nl, nl->events);
}

int nl_events(struct nl *nl, nl_take take, void *arg)
{
	/* stdout is watched for a reader that has gone, and for a full disk */
	struct pollfd fd[] = {
		{ .fd = mnl_socket_get_fd(nl->socket), .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};
	const struct sigaction end = { .sa_handler = end_well };
	struct exchange x = { .take = take, .arg = arg };
	ssize_t len;

	sigaction(SIGINT, &end, NULL);
	sigaction(SIGTERM, &end, NULL);
	nl->seq = 0; /* that of events */
	while (!x.ended && !ferror(stdout)) {
		if (poll(fd, ARRAY_SIZE(fd), -1) < 0)
			continue;
		if (fd[1].revents & (POLLERR | POLLHUP | POLLNVAL))
			return EXIT_DONE;
		len = recv(fd[0].fd, nl->answer, sizeof(nl->answer), MSG_DONTWAIT);
		if (len < 0 && errno == ENOBUFS)
			take(NULL, arg);
		else if (len < 0 && errno != EAGAIN && errno != EINTR)
			return refused(nl, errno, NULL, "");
		else if (len > 0)
			take_messages(nl, (int)len, &x);
	}
	return x.status;
}
