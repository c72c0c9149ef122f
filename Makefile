# SPDX-License-Identifier: GPL-2.0
#
# The verbs. How each thing is built stands below: Kbuild (the module),
# userspace/Makefile (the tool), selftests/vm/ (kernels and virtual machines).

KERNEL	?= 6.1
KDIR	?= $(wildcard /lib/modules/$(shell uname -r)/build)
CAPTURES ?= $(wildcard ../shared/captures)
PREFIX	?= /usr/local
DESTDIR	?=

VM	= selftests/vm

all: modules tools			## build the module and skypectl

modules:				## nf_skype.ko, for this machine's kernel or KDIR=headers
	@$(VM)/deps.sh $(if $(KDIR),modules,kernels)
	$(if $(KDIR),,@echo "# no headers for the running kernel here: building for Debian's $(KERNEL)")
	@ko=$$($(VM)/build-module.sh "$(or $(KDIR),$(KERNEL))") && cp "$$ko" nf_skype.ko

tools:					## build/skypectl
	@$(VM)/deps.sh tools
	@$(MAKE) --no-print-directory -C userspace

demo: tools				## see it work in a virtual machine [CAPTURE=file.pcap]
	$(if $(CAPTURE),@test -r "$(CAPTURE)" || { echo "make demo: cannot read $(CAPTURE)" >&2; exit 1; })
	@$(VM)/deps.sh kernels vm
	@$(VM)/test.sh -q -k $(KERNEL) demo.sh $(abspath $(CAPTURE))

check: tools				## all tests [T="policy.sh ..."] [KERNEL=6.1|6.12|7.2] [CAPTURES=folder]
	@$(VM)/deps.sh kernels vm check
	@$(MAKE) --no-print-directory -s -C selftests/tools
	@selftests/bench/build.sh $(KERNEL) >/dev/null
	@selftests/gen/later/build.sh $(KERNEL)
	@status=0; \
	$(if $(T),,$(MAKE) --no-print-directory -C userspace check || status=1;) \
	CAPTURES=$(abspath $(CAPTURES)) $(VM)/check.sh -k $(KERNEL) $(T) || status=1; \
	exit $$status

check-debug:				## the selftests on a kernel with KASAN, lockdep, kmemleak [T=] [KERNEL=debug|kcsan]
	@VM_TIMEOUT=$${VM_TIMEOUT:-3600} TEST_TIMEOUT=$${TEST_TIMEOUT:-3000} \
		FLOOD=$${FLOOD:-100000} SEEDS=$${SEEDS:-2} \
		$(MAKE) --no-print-directory check T="$(or $(T),$$($(VM)/check.sh --list | xargs))" \
		KERNEL=$(if $(filter kcsan,$(KERNEL)),kcsan,debug)

# Measured on 4 busy processors, 6.1: churn.sh 38 minutes, flood.sh 10,
# fuzz-packets.sh 3, fuzz-netlink.sh 12. Short runs took up to 20 times as long on
# the debug kernel, where nobody has seen the full length yet.
soak:					## churn, floods and fuzzing in full: an hour [T=] [KERNEL=6.1], KERNEL=debug: a day
	@status=0; \
	for test in $(or $(T),churn.sh flood.sh fuzz-packets.sh fuzz-netlink.sh); do \
		RELOADS=1000 NETWORKS=1000 POLICIES=10000 MESSAGES=1000000 PACKETS=1000000 FLOOD=10000000 \
			TEST_TIMEOUT=$(soak_limit) VM_TIMEOUT=$$(($(soak_limit) + 600)) \
			$(MAKE) --no-print-directory check T=$$test || status=1; \
	done; \
	exit $$status

soak_limit = $(if $(filter debug kcsan,$(KERNEL)),86400,9000)

fuzz:					## each fuzzer of userspace/fuzz for SECONDS (60)
	@$(VM)/deps.sh tools fuzz
	@$(MAKE) --no-print-directory -C userspace fuzz

bench: tools				## what a packet costs, in instructions
	@$(VM)/deps.sh kernels vm bench
	@selftests/bench/bench.sh

bench-offline: tools			## skypectl classify against tshark and libndpi
	@$(VM)/deps.sh bench
	@selftests/bench/offline.sh

style:					## the static checks
	@$(VM)/deps.sh tools kernels style
	@selftests/style/run.sh

install: installable all			## install module, tool and configuration [DESTDIR=] [PREFIX=/usr/local]
	@$(MAKE) --no-print-directory -C userspace install PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)
	install -D -m 644 nf_skype.ko $(DESTDIR)/lib/modules/$$(modinfo -F vermagic nf_skype.ko | cut -d ' ' -f 1)/updates/nf_skype.ko
	$(if $(DESTDIR),,depmod $$(modinfo -F vermagic nf_skype.ko | cut -d ' ' -f 1))

# Without DESTDIR it is for this machine, where a module of another kernel is no use.
installable:
	$(if $(DESTDIR)$(KDIR),,@echo "make install: no headers for the running kernel: apt-get install linux-headers-$$(uname -r)" >&2; exit 1)

uninstall:				## remove what install put there
	@$(MAKE) --no-print-directory -C userspace uninstall PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)
	rm -f $(DESTDIR)/lib/modules/*/updates/nf_skype.ko
	$(if $(DESTDIR),,depmod)

clean:					## remove what was built
	rm -rf build nf_skype.ko

help:					## this
	@sed -n 's/^\([a-z-]*\):.*##/\1\t/p' Makefile | expand -t 12

.PHONY: all modules tools demo check check-debug soak fuzz bench bench-offline style install installable uninstall clean help
