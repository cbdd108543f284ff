/* SPDX-License-Identifier: MIT */
/* Processor numbers: each task has one, which stays. */
#ifndef UIK_LINUX_SMP_H
#define UIK_LINUX_SMP_H

#include <linux/preempt.h>
#include <uik/task.h>

#define NR_CPUS UIK_NR_CPUS
#define nr_cpu_ids ((unsigned int)UIK_NR_CPUS)

/* 0 .. NR_CPUS - 1.  Tasks alive together have different ones up to NR_CPUS. */
static inline int raw_smp_processor_id(void)
{
	return uik_current()->cpu;
}

/* The same; warns when current could move: use raw_ where a hint is enough. */
int uik_smp_processor_id(void) __uik_export;
#define smp_processor_id() uik_smp_processor_id()

static inline int get_cpu(void)
{
	preempt_disable();
	return raw_smp_processor_id();
}

#define put_cpu() preempt_enable()

/* Processors of the host that this process may use. */
unsigned int num_online_cpus(void) __uik(num_online_cpus);
#define num_possible_cpus() nr_cpu_ids

#define for_each_possible_cpu(cpu) \
	for ((cpu) = 0; (cpu) < NR_CPUS; (cpu)++)

#endif
