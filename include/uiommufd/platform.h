/* SPDX-License-Identifier: MIT */
/*
 * A simulated machine: memory, IOMMU, devices, interrupts, clock.
 *
 * Kinds:
 *   "mock"      the mock IOMMU driver; devices come and go by its test ioctl
 *               or as mock0, mock1, ... made here
 *   "noiommu"   devices dev0, dev1, ... that no IOMMU translates for
 *   "smmuv3"    an SMMUv3 and devices dev0, dev1, ... behind it
 *   "tegra241"  the same with a Tegra241 CMDQV beside the SMMU
 *
 * Platforms are independent: several may live in one process, one per thread
 * if wanted.  A platform outlives every descriptor opened on it.
 *
 * Functions that return int give 0, or -1 with errno.
 *
 * Context: any thread while the platform lives, also while others are in calls
 * on its descriptors, except where said.  Calls may sleep and may call the
 * platform's drivers.
 */
#ifndef UIOMMUFD_PLATFORM_H
#define UIOMMUFD_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "vcmdq.h"

#ifdef __cplusplus
extern "C" {
#endif

struct uiommufd_platform;
struct uik_machine;

enum uiommufd_clock {
	UIOMMUFD_CLOCK_WALL,	/* real time */
	UIOMMUFD_CLOCK_MANUAL,	/* moves by sleeping and _advance() only */
	UIOMMUFD_CLOCK_AUTO,	/* also jumps when everybody waits */
};

/* Fill with uiommufd_platform_config_init(), then change what you like. */
struct uiommufd_platform_config {
	size_t size;			/* sizeof, set by _init */
	const char *kind;		/* one of the above */
	unsigned int devices;		/* plugged at start; 8; mock 0 */
	unsigned int streams_per_device; /* 1; 0: their DMA goes another way */
	uint32_t first_stream_id;	/* of dev0; 0x100 */
	bool coherent;			/* devices and table walks snoop; true */
	bool stall;			/* devices can stall on a fault; false */
	unsigned int pasid_bits;	/* per device; 0: no PASIDs */
	enum uiommufd_clock clock;
	uint64_t seed;
	bool scatter_pages;		/* user pages get scattered frames */
	size_t arena_bytes;		/* 0: the default */
	/*
	 * Name of the SMMU's platform device, and so of the driver that takes
	 * it.  NULL: "arm-smmu-v3", which must take it.  With any other name
	 * the platform boots without a driver too; one that is registered
	 * later takes the SMMU then, and devices are plugged by hand.  A
	 * driver of the program's own registers in uiommufd_modules_init().
	 */
	const char *smmu_driver;
	struct uiommufd_vcmdq_config hardware;
};

/**
 * uiommufd_platform_config_init - the defaults of a kind.
 * @kind: NULL means "mock"; borrowed until uiommufd_platform_new() returns
 */
void uiommufd_platform_config_init(struct uiommufd_platform_config *config,
				   const char *kind) UIOMMUFD_API;

/**
 * uiommufd_platform_new - build a machine and boot its drivers.
 * @config: copied, its strings too; NULL means the defaults of "mock"
 *
 * Return: the platform, owned by the caller; NULL with errno EINVAL (unknown
 * kind, bad size or geometry), ENOMEM, ENODEV (the IOMMU's driver is not part
 * of this build) or what the driver's probe returned.
 */
struct uiommufd_platform *
uiommufd_platform_new(const struct uiommufd_platform_config *config)
	UIOMMUFD_API;

/**
 * uiommufd_platform_free - unplug everything, stop the hardware, free all.
 *
 * Every descriptor opened on it must be closed.  NULL is fine.
 */
void uiommufd_platform_free(struct uiommufd_platform *platform) UIOMMUFD_API;

/**
 * uiommufd_platform_kind - what it was built as.
 *
 * Return: the config's kind; lives as long as @platform.
 */
const char *uiommufd_platform_kind(const struct uiommufd_platform *platform)
	UIOMMUFD_API;

/**
 * uiommufd_platform_plug - a device appears and is taken by the IOMMU.
 * @name: NULL for the lowest free devN (mockN)
 *
 * Return: the number N >= 0; -1 with EEXIST, EINVAL (not such a name), ENOMEM,
 * or what the IOMMU driver returned.
 */
int uiommufd_platform_plug(struct uiommufd_platform *platform, const char *name)
	UIOMMUFD_API;

/**
 * uiommufd_platform_unplug - a device disappears.
 *
 * A device still bound to a context is released by its driver first when the
 * client library is in use; else that is the caller's duty.
 *
 * Return: 0; -1 with ENOENT, or EBUSY (still bound).
 */
int uiommufd_platform_unplug(struct uiommufd_platform *platform,
			     const char *name) UIOMMUFD_API;

/**
 * uiommufd_platform_devices - how many devices are plugged.
 *
 * Return: their number.
 */
unsigned int uiommufd_platform_devices(struct uiommufd_platform *platform)
	UIOMMUFD_API;

/**
 * uiommufd_platform_device_name - how a plugged device is called.
 * @index: 0 .. uiommufd_platform_devices() - 1, by rising number
 * @out: receives the name, cut to @size bytes with the final NUL
 *
 * Return: the name's length; -1 with ENOENT.
 */
int uiommufd_platform_device_name(struct uiommufd_platform *platform,
				  unsigned int index, char *out, size_t size)
	UIOMMUFD_API;

/**
 * uiommufd_platform_stream_id - a device's StreamID.
 * @index: 0 .. streams_per_device - 1
 *
 * Return: the ID; -1 with ENOENT, EINVAL or ENODEV (no SMMU).
 */
int64_t uiommufd_platform_stream_id(struct uiommufd_platform *platform,
				    const char *name, unsigned int index)
	UIOMMUFD_API;

/**
 * uiommufd_platform_now_ns - the platform's clock.
 *
 * Return: nanoseconds since an arbitrary start.
 */
uint64_t uiommufd_platform_now_ns(struct uiommufd_platform *platform)
	UIOMMUFD_API;
/** uiommufd_platform_advance - move a virtual clock; nothing on a wall clock. */
void uiommufd_platform_advance(struct uiommufd_platform *platform,
			       uint64_t duration_ns) UIOMMUFD_API;

/**
 * uiommufd_platform_interrupts - run interrupt threads that are due.
 *
 * Only with STEPPED or INLINE engines and for handlers that were not run yet;
 * with THREAD they have threads of their own and this waits until they are
 * idle.
 */
void uiommufd_platform_interrupts(struct uiommufd_platform *platform)
	UIOMMUFD_API;

/* What is left.  All zero once every client is gone; warnings ever. */
struct uiommufd_audit {
	size_t size;		/* sizeof, set by the caller */
	uint64_t objects;
	uint64_t blocks;	/* allocations beyond those of the boot */
	uint64_t block_bytes;
	uint64_t locks;
	uint64_t mappings;
	uint64_t warnings;	/* WARNs since the platform was made */
	uint64_t guest_errors;	/* accesses the hardware does not allow */
};

/**
 * uiommufd_platform_audit - count what is left.
 * @out: its size member is set by the caller; that much is written
 *
 * Return: the sum of objects, blocks, locks, mappings and warnings, so 0
 * means clean; -1 with EINVAL.
 */
int64_t uiommufd_platform_audit(struct uiommufd_platform *platform,
				struct uiommufd_audit *out) UIOMMUFD_API;

/**
 * uiommufd_platform_report_leaks - what was allocated since the boot and is
 * still there, in the manner of LeakSanitizer.
 * @out: receives a paragraph for each place of allocation, with its stack
 *
 * The places are known when the platform was made with UIOMMUFD_DEBUG=refs in
 * the environment; without it only the sum is printed.
 *
 * Context: nobody else is inside the platform.
 * Return: blocks left behind.
 */
uint64_t uiommufd_platform_report_leaks(struct uiommufd_platform *platform,
					FILE *out) UIOMMUFD_API;

/**
 * uiommufd_platform_machine - the kit's machine under the platform.
 *
 * Return: never NULL; lives as long as @platform.
 */
struct uik_machine *
uiommufd_platform_machine(struct uiommufd_platform *platform) UIOMMUFD_API;

#ifdef __cplusplus
}
#endif

#ifdef G_DEFINE_AUTOPTR_CLEANUP_FUNC
typedef struct uiommufd_platform uiommufd_platform;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(uiommufd_platform, uiommufd_platform_free)
typedef struct uiommufd_mmio uiommufd_mmio;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(uiommufd_mmio, uiommufd_mmio_free)
#endif

#endif
