/* SPDX-License-Identifier: MIT */
/*
 * What the hardware model costs: a register access next to a plain function
 * call, a command executed by the engine stepped inline.
 *
 * Each figure is the lowest of many short runs: noise only adds, and a short
 * run is likely to be left alone even on a busy machine.  The rows take turns,
 * over a few seconds: a processor whose other half belongs to somebody else is
 * slower by half for a second or ten, and then for all rows alike.  The median
 * says how it was most of the time.
 */
#include <inttypes.h>
#include <linux/io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uik/machine.h>
#include "sim/platform.h"
#include "state.h"

#define ACCESSES 10000
#define DOORBELLS 2
#define LOG2_SIZE 13
#define PER_DOORBELL ((1u << LOG2_SIZE) - 1)
#define RUNS 10000

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/* The peer: what any modelled access costs at least. */
static uint64_t cell;

static noinline uint64_t plain_read(void *priv, uint64_t offset,
				    unsigned int width)
{
	__asm__ volatile("" : : "r"(priv), "r"(offset), "r"(width) : "memory");
	return cell;
}

static uint64_t (*volatile plain)(void *priv, uint64_t offset,
				  unsigned int width) = plain_read;

static double time_calls(void)
{
	uint64_t (*call)(void *, uint64_t, unsigned int) = plain;
	double start = now_ns();
	uint64_t sum = 0;

	for (int i = 0; i < ACCESSES; i++)
		sum += call(&cell, i & 0xff, 4);
	__asm__ volatile("" : : "r"(sum));
	return (now_ns() - start) / ACCESSES;
}

static double time_reads(const void __iomem *addr)
{
	double start = now_ns();
	uint32_t sum = 0;

	for (int i = 0; i < ACCESSES; i++)
		sum += readl_relaxed(addr);
	__asm__ volatile("" : : "r"(sum));
	return (now_ns() - start) / ACCESSES;
}

static double time_writes(void __iomem *addr)
{
	double start = now_ns();

	for (int i = 0; i < ACCESSES; i++)
		writel_relaxed(0, addr);
	return (now_ns() - start) / ACCESSES;
}

/* What one row took, turn by turn. */
struct figure {
	double ns[RUNS];
	int turns;
};

static void figure_add(struct figure *figure, double ns)
{
	figure->ns[figure->turns++] = ns;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void figure_sort(struct figure *figure)
{
	qsort(figure->ns, figure->turns, sizeof(*figure->ns), by_size);
}

static double figure_lowest(const struct figure *sorted)
{
	return sorted->ns[0];
}

static double figure_median(const struct figure *sorted)
{
	return sorted->ns[sorted->turns / 2];
}

struct bench {
	struct uiommufd_platform *platform;
	void __iomem *base;
	uint64_t *ring;
	uint32_t prod;
};

/* A guest's queue: VINTF 1, VMID 5, filter and substitution on. */
static void start_queue(struct bench *b)
{
	size_t bytes = (size_t)16 << LOG2_SIZE;
	void __iomem *slot = b->base + 0x50000;

	b->ring = aligned_alloc(bytes, bytes);
	for (uint32_t i = 0; i < 1u << LOG2_SIZE; i++) {
		b->ring[2 * i] = i % 16 == 15 ? 0x46 : 0x12 | 7ull << 48;
		b->ring[2 * i + 1] = i % 16 == 15 ? 0 : (uint64_t)i << 12 | 1;
	}
	writel(1, b->base);
	writel(5 << 1, b->base + 0x1100);
	writel(5 << 1 | 1, b->base + 0x1100);
	writel(1 << 15 | 1, b->base + 0x200);
	writeq((uintptr_t)b->ring | LOG2_SIZE, slot + 0x10000);
	writel(1, slot + 8);
	if (readl(slot + 12) != 1)
		abort();
}

static double time_commands(struct bench *b)
{
	void __iomem *slot = b->base + 0x50000;
	double start = now_ns();
	uint64_t done = 0;

	for (int i = 0; i < DOORBELLS; i++) {
		b->prod = (b->prod + PER_DOORBELL) &
			  ((2u << LOG2_SIZE) - 1);
		writel(b->prod, slot + 4);
		done += uiommufd_vcmdq_step(b->platform, UINT64_MAX);
	}
	if (done != (uint64_t)DOORBELLS * PER_DOORBELL)
		abort();
	return (now_ns() - start) / done;
}

/* A working set of other tags, so that each TLBI really has to look. */
static void fill_iotlb(struct bench *b)
{
	struct uiommufd_translation entry = { .vmid = 5, .log2_page = 12 };

	for (entry.asid = 0; entry.asid < 16; entry.asid++)
		for (uint64_t page = 0; page < 64; page++) {
			entry.address = (1ull << 40) + (page << 12);
			uiommufd_cache_fill(b->platform, UIOMMUFD_CACHE_IOTLB,
					    &entry);
		}
}

static void bench_open(struct bench *b)
{
	struct uiommufd_platform_config config;
	struct uiommufd_vcmdq_counters counters;

	uiommufd_platform_config_init(&config, "tegra241");
	config.hardware.engine = UIOMMUFD_ENGINE_STEPPED;
	b->platform = platform_build(&config);
	uik_enter(uiommufd_platform_machine(b->platform));
	b->base = ioremap(uiommufd_vcmdq_base(b->platform), 0x830000);
	if (!b->base)
		abort();
	start_queue(b);
	uiommufd_vcmdq_read_counters(b->platform, 0, &counters);
}

enum row { CALL, CONFIG, CONS, PLAIN_WRITE, DOOR, ROWS };

static const char *const row_names[ROWS] = {
	[CALL] = "plain function call",
	[CONFIG] = "readl, global register",
	[CONS] = "readl, CONS by its alias",
	[PLAIN_WRITE] = "writel, SID_REPLACE",
	[DOOR] = "writel, PROD by its alias",
};

static void print_row(const char *name, struct figure *figure)
{
	figure_sort(figure);
	printf("%-27s %6.2f ns (median %.2f) ", name, figure_lowest(figure),
	       figure_median(figure));
}

/* Returns what the plain call costs. */
static double report_accesses(struct bench *b)
{
	static struct figure rows[ROWS];
	double call;

	for (int i = 0; i < RUNS; i++) {
		figure_add(&rows[CALL], time_calls());
		figure_add(&rows[CONFIG], time_reads(b->base));
		figure_add(&rows[CONS], time_reads(b->base + 0x50000));
		figure_add(&rows[PLAIN_WRITE], time_writes(b->base + 0x1180));
		figure_add(&rows[DOOR], time_writes(b->base + 0x50004));
	}
	print_row(row_names[CALL], &rows[CALL]);
	printf("\n");
	call = figure_lowest(&rows[CALL]);
	for (int row = CALL + 1; row < ROWS; row++) {
		print_row(row_names[row], &rows[row]);
		bench_against(figure_lowest(&rows[row]), "a plain call", call,
			      5);
	}
	return call;
}

static void report_commands(struct bench *b, const char *what, double call)
{
	static struct figure figure;

	figure.turns = 0;
	for (int i = 0; i < RUNS; i++)
		figure_add(&figure, time_commands(b));
	printf("command, 15 TLBI : 1 SYNC, %u a doorbell, %s:\n",
	       PER_DOORBELL, what);
	print_row("", &figure);
	bench_against(figure_lowest(&figure), "a plain call", call, 20);
}

int main(void)
{
	struct bench bench = { 0 };
	double call;

	bench_state();
	bench_open(&bench);
	call = report_accesses(&bench);
	report_commands(&bench, "IOTLB empty", call);
	fill_iotlb(&bench);
	report_commands(&bench, "IOTLB of 1,024", call);
	return 0;
}
