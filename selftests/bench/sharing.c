// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin of QEMU: which cache lines does the kernel use while it forwards, on
 * which processor, and from where? To the file of the option out= it writes
 *
 *	packets CPU COUNT
 *	access INSTRUCTION LINE CPU r|w COUNT
 *
 * for what happened between the marks of pktbench.ko, while the flows of two
 * processors were settled, which is from the first mark of measure on. (Before
 * both are there, one may use memory that the other gets later.)
 *
 * A task's stack is left out. It is its processor's own; who wakes the task writes
 * there too, but between packets.
 */
#include <pthread.h>

#include "plugin.h"

#define CPUS	8
#define SLOTS	(1U << 22)
#define LINE	64
#define STACK	16384		/* size and alignment of a task's */

static struct slot {
	uint64_t instruction;
	uint64_t line;
	uint32_t cpu;
	bool store;
	uint64_t count;
} slots[SLOTS];

static unsigned int ready;	/* processors whose flows are settled */

static struct cpu {
	bool ready;		/* it is one of them */
	bool active;		/* a packet is on its way */
	uint64_t stack;		/* of the task that sent it; 0: not seen yet */
	unsigned long packets;
} cpus[CPUS];

static FILE *out;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* protects slots and ready */

static void count(uint64_t instruction, uint64_t line, uint32_t cpu, bool store)
{
	uint64_t hash = (instruction * 31 + line * 4 + cpu * 2 + store) * 0x9e3779b97f4a7c15ULL;
	struct slot *slot = &slots[hash >> 42];

	while (slot->count && (slot->instruction != instruction || slot->line != line ||
			       slot->cpu != cpu || slot->store != store))
		slot = slot == &slots[SLOTS - 1] ? slots : slot + 1;
	slot->instruction = instruction;
	slot->line = line;
	slot->cpu = cpu;
	slot->store = store;
	slot->count++;
}

/* A packet's way begins by a call, or by an interrupt: both push. */
static bool on_stack(struct cpu *cpu, uint64_t address)
{
	if (!cpu->stack)
		cpu->stack = address / STACK;
	return address / STACK == cpu->stack;
}

static void on_access(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
	if (cpu >= CPUS || !cpus[cpu].active || on_stack(&cpus[cpu], address))
		return;
	pthread_mutex_lock(&lock);
	count((uintptr_t)data, address / LINE, cpu, qemu_plugin_mem_is_store(info));
	pthread_mutex_unlock(&lock);
}

static void on_mark(unsigned int cpu, void *data)
{
	if (cpu >= CPUS)
		return;
	switch ((uintptr_t)data) {
	case MARK_BEGIN:
		cpus[cpu].active = cpus[cpu].ready && ready >= 2;
		cpus[cpu].stack = 0;
		cpus[cpu].packets += cpus[cpu].active;
		break;
	case MARK_END:
		cpus[cpu].active = false;
		break;
	case MARK_SECTION:
		pthread_mutex_lock(&lock);
		ready += !cpus[cpu].ready;
		cpus[cpu].ready = true;
		pthread_mutex_unlock(&lock);
		break;
	}
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, instructions = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (i = 0; i < instructions; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t address = qemu_plugin_insn_vaddr(insn);
		uint32_t mark = mark_of(insn);

		if (mark)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark,
							       QEMU_PLUGIN_CB_NO_REGS,
							       (void *)(uintptr_t)mark);
		if (address >= KERNEL)
			qemu_plugin_register_vcpu_mem_cb(insn, on_access, QEMU_PLUGIN_CB_NO_REGS,
							 QEMU_PLUGIN_MEM_RW,
							 (void *)(uintptr_t)address);
	}
}

static void finish(qemu_plugin_id_t id, void *data)
{
	size_t i;

	(void)id;
	(void)data;
	for (i = 0; i < CPUS; i++)
		if (cpus[i].packets)
			fprintf(out, "packets %zu %lu\n", i, cpus[i].packets);
	for (i = 0; i < SLOTS; i++)
		if (slots[i].count)
			fprintf(out, "access %" PRIx64 " %" PRIx64 " %u %c %" PRIu64 "\n",
				slots[i].instruction, slots[i].line, slots[i].cpu,
				slots[i].store ? 'w' : 'r', slots[i].count);
	fclose(out);
}

EXPORTED int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return 1;
	out = fopen(argv[0] + 4, "w");
	if (!out)
		return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
