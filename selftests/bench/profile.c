// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin of QEMU: which instructions of the kernel does a packet execute?
 *
 * pktbench.ko marks where a packet's way begins and ends, and measure where the
 * figures so far are read: by long no-ops whose operand nobody else uses. What
 * is executed between the first two is counted; with the third a section is
 * written to the file of the option out=, and counting begins anew:
 *
 *	section PACKETS
 *	ADDRESS COUNT
 *	...
 *
 * With steps=M,step=N only every M-th packet of a section counts, from the N-th.
 */
#include "plugin.h"

#define SLOTS	(1U << 20)

static struct slot {
	uint64_t address;
	uint64_t count;
} slots[SLOTS];

/* Instructions that QEMU translated together: they are executed together. */
struct block {
	size_t count;
	struct slot *slot[];
};

static FILE *out;
static unsigned long steps = 1, step = 1;
static unsigned long packets, counted;
static bool active;

static struct slot *slot_of(uint64_t address)
{
	uint32_t at = address * 0x9e3779b97f4a7c15ULL >> 44;

	while (slots[at].address && slots[at].address != address)
		at = (at + 1) % SLOTS;
	slots[at].address = address;
	return &slots[at];
}

static void on_block(unsigned int cpu, void *data)
{
	struct block *block = data;
	size_t i;

	(void)cpu;
	for (i = 0; active && i < block->count; i++)
		block->slot[i]->count++;
}

static void on_begin(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	active = packets++ % steps == step - 1;
	counted += active;
}

static void on_end(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	active = false;
}

static void on_section(unsigned int cpu, void *data)
{
	size_t i;

	(void)cpu;
	(void)data;
	fprintf(out, "section %lu\n", counted);
	for (i = 0; i < SLOTS; i++) {
		if (slots[i].count)
			fprintf(out, "%" PRIx64 " %" PRIu64 "\n", slots[i].address, slots[i].count);
		slots[i].count = 0;
	}
	packets = 0;
	counted = 0;
}

static executed_t callback_of(uint32_t mark)
{
	switch (mark) {
	case MARK_BEGIN:
		return on_begin;
	case MARK_END:
		return on_end;
	case MARK_SECTION:
		return on_section;
	default:
		return NULL;
	}
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, count = qemu_plugin_tb_n_insns(tb);
	struct block *block = malloc(sizeof(*block) + count * sizeof(block->slot[0]));

	(void)id;
	if (!block)
		abort();
	block->count = 0;
	for (i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		executed_t mark = callback_of(mark_of(insn));
		uint64_t address = qemu_plugin_insn_vaddr(insn);

		if (mark)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
		if (address >= KERNEL)
			block->slot[block->count++] = slot_of(address);
	}
	if (block->count)
		qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, block);
	else
		free(block);
}

static void finish(qemu_plugin_id_t id, void *data)
{
	(void)id;
	(void)data;
	fclose(out);
}

EXPORTED int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	int i;

	(void)info;
	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "w");
		else if (!strncmp(argv[i], "steps=", 6))
			steps = strtoul(argv[i] + 6, NULL, 10);
		else if (!strncmp(argv[i], "step=", 5))
			step = strtoul(argv[i] + 5, NULL, 10);
	}
	if (!out || !steps || !step || step > steps)
		return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
