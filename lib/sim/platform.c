/* SPDX-License-Identifier: MIT */
/*
 * Platforms: configuration, machine, hardware, clock, audit.
 */
#include "platform.h"
#include <asm/page.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uik/clock.h>
#include <uik/irq.h>
#include <uik/machine.h>
#include <uik/slab.h>
#include <uik/snapshot.h>
#include <uiommufd/ops.h>

static const char *const kinds[] = { "mock", "noiommu", "smmuv3", "tegra241" };

void uiommufd_platform_config_init(struct uiommufd_platform_config *config,
				   const char *kind)
{
	bool mock = !kind || !strcmp(kind, "mock");

	*config = (struct uiommufd_platform_config){
		.size = sizeof(*config),
		.kind = kind ? kind : "mock",
		.devices = mock ? 0 : 8,
		.streams_per_device = 1,
		.first_stream_id = 0x100,
		.coherent = true,
		.clock = UIOMMUFD_CLOCK_WALL,
	};
	uiommufd_vcmdq_config_init(&config->hardware);
}

static bool kind_is(const struct uiommufd_platform_config *config,
		    const char *kind)
{
	return !strcmp(config->kind, kind);
}

static bool has_smmu(const struct uiommufd_platform_config *config)
{
	return !kind_is(config, "mock") && !kind_is(config, "noiommu");
}

static bool known_kind(const char *kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kind && !strcmp(kind, kinds[i]))
			return true;
	return false;
}

static bool hardware_is_valid(const struct uiommufd_vcmdq_config *hw)
{
	return hw->size == sizeof(*hw) && hw->log2_vintfs <= 6 &&
	       hw->log2_vcmdqs <= 7 && hw->log2_vintfs <= hw->log2_vcmdqs &&
	       hw->log2_sids <= 4 && hw->version <= 15 &&
	       hw->log2_commands >= 7 && hw->log2_commands <= QUEUE_MAX_LOG2 &&
	       hw->log2_events <= QUEUE_MAX_LOG2 && hw->batch_commands &&
	       (unsigned int)hw->engine <= UIOMMUFD_ENGINE_STEPPED;
}

static bool name_fits(const char *name)
{
	const struct uiommufd_platform *platform;

	return !name || (*name && strlen(name) < sizeof(platform->smmu_name));
}

static bool config_is_valid(const struct uiommufd_platform_config *config)
{
	u64 last_sid = (u64)config->first_stream_id +
		       (u64)config->devices * config->streams_per_device;

	return config->size == sizeof(*config) && known_kind(config->kind) &&
	       (unsigned int)config->clock <= UIOMMUFD_CLOCK_AUTO &&
	       name_fits(config->smmu_driver) &&
	       config->pasid_bits <= 20 &&
	       last_sid <= 1u << 20 && hardware_is_valid(&config->hardware);
}

static const struct uik_clock *clock_of(enum uiommufd_clock clock)
{
	switch (clock) {
	case UIOMMUFD_CLOCK_MANUAL:
		return &uik_clock_manual;
	case UIOMMUFD_CLOCK_AUTO:
		return &uik_clock_auto;
	default:
		return &uik_clock_wall;
	}
}

static struct uik_machine *
make_machine(const struct uiommufd_platform_config *config)
{
	struct uik_machine_config machine = {
		.arena_bytes = config->arena_bytes,
		.clock = clock_of(config->clock),
		.seed = config->seed,
		.scatter_pages = config->scatter_pages,
	};

	return uik_machine_new(&machine);
}

/* Interrupts follow the engine: by themselves, or when asked. */
static struct sim *make_hardware(const struct uiommufd_platform *platform)
{
	const struct uiommufd_platform_config *config = &platform->config;
	struct uik_machine *previous = uik_enter(platform->machine);
	struct sim *sim;

	uik_irq_set_stepped(platform->machine,
			    config->hardware.engine != UIOMMUFD_ENGINE_THREAD);
	sim = sim_new(platform->machine, &config->hardware,
		      kind_is(config, "tegra241"),
		      config->clock != UIOMMUFD_CLOCK_WALL);
	uik_leave(previous);
	return sim;
}

struct uiommufd_platform *
platform_build(const struct uiommufd_platform_config *config)
{
	struct uiommufd_platform *platform;

	if (!config_is_valid(config)) {
		errno = EINVAL;
		return NULL;
	}
	/* Whole pages: a snapshot brings them back. */
	platform = aligned_alloc(PAGE_SIZE, PAGE_ALIGN(sizeof(*platform)));
	if (!platform)
		return NULL;
	memset(platform, 0, sizeof(*platform));
	platform->config = *config;
	strcpy(platform->kind, config->kind);
	platform->config.kind = platform->kind;
	strcpy(platform->smmu_name, config->smmu_driver ? config->smmu_driver :
							  SMMU_NAME);
	platform->config.smmu_driver = platform->smmu_name;
	mutex_init(&platform->lock);
	platform->machine = make_machine(config);
	if (!platform->machine)
		goto fail;
	uik_machine_keep(platform->machine, platform, sizeof(*platform));
	if (has_smmu(config)) {
		platform->sim = make_hardware(platform);
		if (!platform->sim)
			goto fail;
	}
	platform_set_baseline(platform);
	return platform;
fail:
	uiommufd_platform_free(platform);
	errno = ENOMEM;
	return NULL;
}

void uiommufd_platform_free(struct uiommufd_platform *platform)
{
	struct uik_machine *previous;

	if (!platform)
		return;
	if (platform->machine) {
		free(uiommufd_op_expect_end(platform));
		previous = uik_enter(platform->machine);
		if (platform->shutdown)
			platform->shutdown(platform);
		sim_free(platform->sim);
		uik_leave(previous);
		uik_machine_free(platform->machine);
	}
	free(platform);
}

struct sim *platform_sim(struct uiommufd_platform *platform)
{
	return platform->sim;
}

const char *uiommufd_platform_kind(const struct uiommufd_platform *platform)
{
	return platform->kind;
}

struct uik_machine *
uiommufd_platform_machine(struct uiommufd_platform *platform)
{
	return platform->machine;
}

uint64_t uiommufd_platform_now_ns(struct uiommufd_platform *platform)
{
	return uik_machine_now_ns(platform->machine);
}

void uiommufd_platform_advance(struct uiommufd_platform *platform,
			       uint64_t duration_ns)
{
	struct sim *sim = platform->sim;
	struct uik_machine *previous;

	if (platform->config.clock == UIOMMUFD_CLOCK_WALL)
		return;
	uik_clock_advance(platform->machine, duration_ns);
	if (!sim)
		return;
	/* What was in flight may have arrived. */
	previous = uik_enter(platform->machine);
	engine_trigger(sim, NULL);
	uik_leave(previous);
}

void uiommufd_platform_interrupts(struct uiommufd_platform *platform)
{
	struct uik_machine *previous = uik_enter(platform->machine);

	uik_irq_run_pending(platform->machine);
	uik_leave(previous);
}

/* --- audit ----------------------------------------------------------------*/

/* The hardware grows with use; that is nothing that anybody left behind. */
static void leave_out_hardware(const struct uiommufd_platform *platform,
			       struct uik_audit *audit)
{
	u64 blocks, bytes;

	if (!platform->sim)
		return;
	sim_blocks(platform->sim, &blocks, &bytes);
	audit->blocks -= blocks;
	audit->block_bytes -= bytes;
}

void platform_set_baseline(struct uiommufd_platform *platform)
{
	struct uik_audit now;

	uik_machine_audit(platform->machine, &now);
	leave_out_hardware(platform, &now);
	platform->boot_blocks = now.blocks;
	platform->boot_bytes = now.block_bytes;
	platform->boot_serial = uik_slab_serial(platform->machine);
}

static u64 beyond(u64 now, u64 boot)
{
	return now > boot ? now - boot : 0;
}

static u64 guest_errors(const struct uiommufd_mmio *mmio)
{
	struct uiommufd_mmio_counters counters = { 0 };

	if (mmio)
		uiommufd_mmio_read_counters(mmio, &counters);
	return counters.guest_errors;
}

#define AUDIT_LOOKS 100
#define AUDIT_PAUSE_US 100

/*
 * Threads of the hardware take locks for moments of their own.  One that is
 * still held after many looks is left behind.
 */
static void audit_machine(struct uiommufd_platform *platform,
			  struct uik_audit *out)
{
	struct sim *sim = platform->sim;
	int looks = sim && sim->mode == UIOMMUFD_ENGINE_THREAD ? AUDIT_LOOKS :
								 1;

	do {
		uik_machine_audit(platform->machine, out);
	} while (out->locks && --looks && !usleep(AUDIT_PAUSE_US));
	leave_out_hardware(platform, out);
}

int64_t uiommufd_platform_audit(struct uiommufd_platform *platform,
				struct uiommufd_audit *out)
{
	struct sim *sim = platform->sim;
	struct uiommufd_audit audit = { .size = out->size };
	struct uik_audit now;

	if (out->size < sizeof(size_t)) {
		errno = EINVAL;
		return -1;
	}
	audit_machine(platform, &now);
	audit.objects = now.objects;
	audit.blocks = beyond(now.blocks, platform->boot_blocks);
	audit.block_bytes = beyond(now.block_bytes, platform->boot_bytes);
	audit.locks = now.locks;
	audit.mappings = now.mappings;
	audit.warnings = now.warnings;
	if (sim)
		audit.guest_errors =
			guest_errors(sim->smmu) + guest_errors(sim->cmdqv);
	memcpy(out, &audit, out->size < sizeof(audit) ? out->size :
							sizeof(audit));
	return audit.objects + audit.blocks + audit.locks + audit.mappings +
	       audit.warnings;
}
