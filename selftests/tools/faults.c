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
 *
 * The system calls are made here, because an exec would fail instead. Says how
 * many allocations failed, and how the operation answered; 1 when one failed in
 * a way that it must not.
 */
#include <fcntl.h>
#include <sys/syscall.h>

#include "genl.h"

#define FAULTS_MAX 5000

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

static int operate(char *const *argv, int nth, bool *failed)
{
	if (!strcmp(argv[1], "load") && argv[2])
		return load(argv[2], nth, failed);
	if (!strcmp(argv[1], "enable"))
		return enable(nth, failed);
	if (!strcmp(argv[1], "policy"))
		return policy(nth, failed);
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
