// SPDX-License-Identifier: GPL-2.0
/*
 * faults OPERATION [MODULE.ko]: do something again and again, and let the first,
 * the second, the third ... allocation of the kernel fail in it, until all have.
 *
 *	load MODULE.ko     load (and unload) the module
 *	enable             enable (and disable) the namespace
 *	policy             load a policy of 3 rules; a failure must leave the old
 *	status policy-get flow endpoint supernode session counter
 *	                   ask
 *	event              send what makes two events; each must be told, or its
 *	                   loss must be: to the reader, and by a counter
 *	overrun            the same, when a loss is to be told before
 *
 * The system calls are made here, because an exec would fail instead. Says how
 * many allocations failed, and how the operation answered; 1 when one failed in
 * a way that it must not.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include "genl.h"

#define FAULTS_MAX 5000
#define CHAIN 8 /* peers that make an id chain: signatures.md, section 5 */

static int nth_file;
static int fd;
static uint16_t family;
static struct genl_message message, other;
static uint8_t answer[1 << 20], before[1 << 16], after[1 << 16];

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* The @nth allocation of this thread from now on fails. */
static void arm(int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", nth);

	if (pwrite(nth_file, text, (size_t)len, 0) != len)
		die("fail-nth");
}

/* Whether it has failed; none will from now on. */
static bool disarm(void)
{
	char text[16] = "";

	if (pread(nth_file, text, sizeof(text) - 1, 0) < 0)
		die("fail-nth");
	arm(0);
	return atoi(text) == 0;
}

static size_t policy_now(uint8_t *to, size_t size)
{
	size_t len;

	genl_begin(&other, family, NF_SKYPE_CMD_POLICY_GET, NLM_F_ACK);
	if (genl_talk(fd, &other, to, size, &len))
		die("policy get");
	return len;
}

static int load(const char *path, int nth, bool *failed)
{
	int file = open(path, O_RDONLY | O_CLOEXEC), error;

	if (file < 0)
		die(path);
	arm(nth);
	error = syscall(SYS_finit_module, file, "", 0) ? errno : 0;
	*failed = disarm();
	close(file);
	if (!error && syscall(SYS_delete_module, "nf_skype", 0))
		die("delete_module");
	return error;
}

static int talk(int nth, bool *failed)
{
	size_t len;
	int error;

	arm(nth);
	error = genl_talk(fd, &message, answer, sizeof(answer), &len);
	*failed = disarm();
	if (!error)
		return 0;
	close(fd); /* a broken dump must not answer the next question */
	fd = genl_socket();
	return error;
}

static int enable(int nth, bool *failed)
{
	size_t len;
	int error;

	genl_begin(&other, family, NF_SKYPE_CMD_DISABLE, NLM_F_ACK);
	genl_talk(fd, &other, answer, sizeof(answer), &len);
	genl_begin(&message, family, NF_SKYPE_CMD_ENABLE, NLM_F_ACK);
	error = talk(nth, failed);
	return error;
}

/*
 * All or nothing: an error leaves the old policy, to the byte; when the answer
 * was lost, it is the old one or the new.
 */
static int policy(int nth, bool *failed)
{
	size_t old = policy_now(before, sizeof(before)), new;
	bool same, lost;
	int error;

	genl_policy(&message, family, 3, (uint32_t)nth);
	error = talk(nth, failed);
	lost = genl_lost;
	new = policy_now(after, sizeof(after));
	same = old == new && !memcmp(before, after, old);
	if (!lost && (error ? !same : same)) {
		printf("allocation %d failed, the answer is %s, and the policy is %s\n",
		       nth, error ? strerror(error) : "yes",
		       same ? "the old one" : "another");
		exit(1);
	}
	return error;
}

static const struct {
	const char *name;
	uint8_t cmd;
	uint16_t flags;
} questions[] = {
	{ "status", NF_SKYPE_CMD_STATUS_GET, NLM_F_ACK },
	{ "policy-get", NF_SKYPE_CMD_POLICY_GET, NLM_F_ACK },
	{ "flow", NF_SKYPE_CMD_FLOW_GET, NLM_F_DUMP },
	{ "endpoint", NF_SKYPE_CMD_ENDPOINT_GET, NLM_F_DUMP },
	{ "supernode", NF_SKYPE_CMD_SUPERNODE_GET, NLM_F_DUMP },
	{ "session", NF_SKYPE_CMD_SESSION_GET, NLM_F_DUMP },
	{ "counter", NF_SKYPE_CMD_COUNTER_GET, NLM_F_DUMP },
};

static int ask(const char *name, int nth, bool *failed)
{
	unsigned int i;

	for (i = 0; i < sizeof(questions) / sizeof(*questions); i++)
		if (!strcmp(name, questions[i].name))
			break;
	if (i == sizeof(questions) / sizeof(*questions)) {
		fprintf(stderr, "faults: no such operation: %s\n", name);
		exit(2);
	}
	genl_begin(&message, family, questions[i].cmd, questions[i].flags);
	return talk(nth, failed);
}

/* ---- events: made by a packet that this thread sends itself ---- */

static int listener;
static bool owed; /* a loss has not been told yet */

/* The counter @name, from the dump in @dump */
static uint64_t counter_in(const uint8_t *dump, size_t len, const char *name)
{
	size_t size = strlen(name) + 1;
	const uint8_t *at = memmem(dump, len, name, size);
	uint64_t value;

	if (!at) {
		printf("no counter %s\n", name);
		exit(1);
	}
	/* the value is in the attribute behind the name, perhaps after a pad */
	at = dump + NLMSG_ALIGN((size_t)(at + size - dump));
	if (((const struct nlattr *)at)->nla_type == NF_SKYPE_A_COUNTER_PAD)
		at += NLA_HDRLEN;
	memcpy(&value, at + NLA_HDRLEN, sizeof(value));
	return value;
}

static void counters(uint64_t *chains, uint64_t *sent, uint64_t *lost)
{
	size_t len;

	genl_begin(&other, family, NF_SKYPE_CMD_COUNTER_GET, NLM_F_DUMP);
	if (genl_talk(fd, &other, answer, sizeof(answer), &len))
		die("counter get");
	*chains = counter_in(answer, len, "reason/id-chain");
	*sent = counter_in(answer, len, "event/sent");
	*lost = counter_in(answer, len, "event/lost");
}

/* What the listener has heard since it was asked last */
struct heard {
	unsigned int flows;
	unsigned int endpoints;
	unsigned int overruns;
	bool broken; /* the socket itself has lost something, and says so */
	bool silent; /* an event, where a loss had to be told first */
};

static bool is_about(const uint8_t *bytes, ssize_t len, const char *name)
{
	return memmem(bytes, (size_t)len, name, strlen(name) + 1);
}

static void listen_now(struct heard *heard)
{
	static uint8_t bytes[GENL_SIZE];
	ssize_t got;

	memset(heard, 0, sizeof(*heard));
	while ((got = recv(listener, bytes, sizeof(bytes), MSG_DONTWAIT)) >= 0 ||
	       errno == ENOBUFS) {
		if (got < 0)
			heard->broken = true;
		else if (is_about(bytes, got, "overrun"))
			heard->overruns++;
		else if (owed && !heard->overruns && !heard->broken)
			heard->silent = true;
		heard->flows += got > 0 && is_about(bytes, got, "flow");
		heard->endpoints += got > 0 && is_about(bytes, got, "endpoint");
	}
	/* of two events, the second tells the loss of the first */
	if (heard->endpoints && !heard->flows && !heard->overruns && !heard->broken)
		heard->silent = true;
}

static void subscribe(void)
{
	struct sockaddr_nl name = { .nl_family = AF_NETLINK };
	uint32_t group = genl_group(fd);

	listener = genl_socket();
	/* the kernel takes a socket without a name for the sender of its events */
	if (bind(listener, (void *)&name, sizeof(name)) ||
	    setsockopt(listener, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
		       sizeof(group)))
		die("subscribe");
}

/* A socket whose port was not used before: what it sends are new flows. */
static int open_port(void)
{
	static uint16_t port = 20000;
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_port = htons(port++) };
	int from = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (bind(from, (void *)&name, sizeof(name)))
		die("bind");
	return from;
}

/* A U1 to the @peer-th peer; ids that grow by two make a chain */
static int send_u1(int from, unsigned int peer, uint8_t id)
{
	uint8_t u1[18] = "\x41\x00\x02" "no zero behind";
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(33033),
		.sin_addr.s_addr = htonl(0xc6336401u + peer),
	};

	u1[1] = id;
	return sendto(from, u1, sizeof(u1), 0, (void *)&to, sizeof(to)) < 0 ?
	       errno : 0;
}

/*
 * Lose the event of another flow. Which allocation that takes is found by trying,
 * from one port, because one address may not have more than some endpoints.
 */
static void lose_one(void)
{
	int from = open_port();
	uint64_t chains, sent, lost[2] = { 0, 0 };
	static int nth = 1;
	unsigned int peer;

	for (peer = 0; peer < 200 && lost[1] == lost[0]; peer++) {
		counters(&chains, &sent, &lost[0]);
		arm(nth);
		send_u1(from, peer, 0);
		disarm();
		counters(&chains, &sent, &lost[1]);
		if (lost[1] == lost[0])
			nth = nth % 50 + 1;
	}
	close(from);
	if (lost[1] == lost[0]) {
		printf("no allocation loses an event\n");
		exit(1);
	}
}

/*
 * The eighth peer of a chain decides a flow and proves an endpoint: two events.
 * All of it happens in sendto(), in this thread. What the network makes of its
 * own failures is not looked at: then no chain is counted, and nothing is due.
 */
static int event(int nth, bool *failed, bool overrun)
{
	uint64_t chains[2], sent[2], lost[2], due, told;
	int from = open_port(), error;
	struct heard heard;
	unsigned int i;
	size_t len;

	if (!listener) {
		subscribe();
		if (overrun)
			lose_one();
	}
	/* one address may not have more than some endpoints */
	genl_begin(&other, family, NF_SKYPE_CMD_ENDPOINT_FLUSH, NLM_F_ACK);
	if (genl_talk(fd, &other, answer, sizeof(answer), &len))
		die("endpoint flush");
	for (i = 0; i < CHAIN - 1; i++)
		if (send_u1(from, i, (uint8_t)(2 * i)))
			die("sendto");
	if (overrun)
		lose_one();
	listen_now(&heard);
	owed = overrun || (owed && !heard.overruns);
	counters(&chains[0], &sent[0], &lost[0]);
	arm(nth);
	error = send_u1(from, i, (uint8_t)(2 * i));
	*failed = disarm();
	close(from);
	counters(&chains[1], &sent[1], &lost[1]);
	listen_now(&heard);

	due = 2 * (chains[1] - chains[0]);
	lost[1] -= lost[0];
	told = heard.flows + heard.endpoints;
	if (told + lost[1] != due || heard.silent ||
	    told + heard.overruns != sent[1] - sent[0] || (!*failed && !due)) {
		printf("allocation %d failed: %u events are due, %u sent, %u lost; heard are %u and %u and %u overruns%s%s\n",
		       nth, (unsigned int)due, (unsigned int)(sent[1] - sent[0]),
		       (unsigned int)lost[1], heard.flows, heard.endpoints,
		       heard.overruns, heard.broken ? ", the socket lost some" : "",
		       heard.silent ? ", a loss is not told" : "");
		exit(1);
	}
	owed = (owed || lost[1]) && !heard.overruns && !heard.broken;
	return error && *failed ? ENOBUFS : error;
}

static int operate(char *const *argv, int nth, bool *failed)
{
	if (!strcmp(argv[1], "load") && argv[2])
		return load(argv[2], nth, failed);
	if (!strcmp(argv[1], "enable"))
		return enable(nth, failed);
	if (!strcmp(argv[1], "policy"))
		return policy(nth, failed);
	if (!strcmp(argv[1], "event"))
		return event(nth, failed, false);
	if (!strcmp(argv[1], "overrun"))
		return event(nth, failed, true);
	return ask(argv[1], nth, failed);
}

int main(int argc, char **argv)
{
	int nth, error, errors = 0;
	bool failed = true;

	if (argc < 2)
		return 2;
	nth_file = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_file < 0)
		die("/proc/thread-self/fail-nth");
	fd = genl_socket();
	family = genl_family(fd);
	for (nth = 1; nth < FAULTS_MAX; nth++) {
		error = operate(argv, nth, &failed);
		if (!failed)
			break;
		errors += error != 0;
		if (error && error != ENOMEM && error != ENOBUFS) {
			printf("allocation %d failed, and the answer is: %s\n",
			       nth, strerror(error));
			return 1;
		}
	}
	if (error) {
		printf("without a failure, the answer is: %s\n", strerror(error));
		return 1;
	}
	printf("%d allocations failed, %d of them the operation\n", nth - 1, errors);
	return nth == FAULTS_MAX;
}
