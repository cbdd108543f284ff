// SPDX-License-Identifier: MIT
/*
 * What would the vIOMMU ops of lab_driver.c cost?  A machine is built twice,
 * with the stock ops and with ours; each answers the laboratory's trapped
 * commands, and the laboratory prices what reaches the SMMU's queue.
 *
 *	example_lab_driver [REPORT.html]
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/device.h>
#include <uapi/linux/iommufd.h>
#include <uiommufd/uiommufd.h>
#include <uik/machine.h>

#include "lab_driver.h"

#define BATCH 16

struct machine {
	struct uiommufd_platform *platform;
	struct device *dev;
	int own;
	int fd;
	uint32_t viommu_id;
	struct uiommufd_lab_footprint *footprint;
};

/* Every command that the SMMU executes while the driver works. */
static void observe(void *arg, const struct uiommufd_vcmdq_command *command)
{
	struct uiommufd_lab_footprint *out = ((struct machine *)arg)->footprint;

	if (out && out->count < out->room)
		memcpy(out->commands[out->count++], command->word,
		       sizeof(command->word));
}

static int invalidate(void *arg, const uint64_t (*commands)[2],
		      unsigned int count, struct uiommufd_lab_footprint *out)
{
	struct machine *machine = arg;
	struct iommu_hwpt_invalidate cmd = {
		.size = sizeof(cmd),
		.hwpt_id = machine->viommu_id,
		.data_type = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
		.data_uptr = (uintptr_t)commands,
		.entry_len = sizeof(commands[0]),
		.entry_num = count,
	};
	int rc;

	machine->footprint = out;
	rc = uiommufd_ioctl(machine->fd, IOMMU_HWPT_INVALIDATE, &cmd);
	machine->footprint = NULL;
	return rc;
}

static void call(struct machine *machine, unsigned long request, void *arg,
		 const char *what)
{
	if (uiommufd_ioctl(machine->fd, request, arg)) {
		perror(what);
		exit(1);
	}
}

static void make_viommu(struct machine *machine)
{
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct iommu_hwpt_alloc parent = { .size = sizeof(parent) };
	struct iommu_viommu_alloc viommu = { .size = sizeof(viommu) };

	call(machine, IOMMU_IOAS_ALLOC, &ioas, "IOAS_ALLOC");
	assert(!uiommufd_device_bind(machine->fd, "dev0", &parent.dev_id));
	parent.flags = IOMMU_HWPT_ALLOC_NEST_PARENT;
	parent.pt_id = ioas.out_ioas_id;
	call(machine, IOMMU_HWPT_ALLOC, &parent, "HWPT_ALLOC");
	viommu.type = IOMMU_VIOMMU_TYPE_ARM_SMMUV3;
	viommu.dev_id = parent.dev_id;
	viommu.hwpt_id = parent.out_hwpt_id;
	call(machine, IOMMU_VIOMMU_ALLOC, &viommu, "VIOMMU_ALLOC");
	machine->viommu_id = viommu.out_viommu_id;
}

static void machine_open(struct machine *machine, int own)
{
	struct uiommufd_platform_config config;
	struct uik_machine *before;

	memset(machine, 0, sizeof(*machine));
	machine->own = own;
	uiommufd_platform_config_init(&config, "smmuv3");
	config.hardware.engine = UIOMMUFD_ENGINE_INLINE;
	machine->platform = uiommufd_platform_new(&config);
	assert(machine->platform);
	machine->dev = uik_device_find(
		uiommufd_platform_machine(machine->platform), "dev0");
	assert(machine->dev);
	before = uik_enter(uiommufd_platform_machine(machine->platform));
	if (own)
		lab_driver_install(machine->dev);
	uik_leave(before);
	machine->fd = uiommufd_open(machine->platform, O_RDWR);
	make_viommu(machine);
	assert(!uiommufd_vcmdq_observe(machine->platform, observe, machine));
}

static void machine_close(struct machine *machine)
{
	struct uik_machine *before;

	uiommufd_vcmdq_observe(machine->platform, NULL, NULL);
	assert(!uiommufd_device_unbind(machine->fd, "dev0") || errno == EBUSY);
	assert(!uiommufd_close(machine->fd));
	before = uik_enter(uiommufd_platform_machine(machine->platform));
	if (machine->own)
		lab_driver_remove(machine->dev);
	put_device(machine->dev);
	uik_leave(before);
	uiommufd_platform_free(machine->platform);
}

static void fail(const char *error)
{
	fprintf(stderr, "%s\n", error);
	exit(1);
}

static void write_page(const struct uiommufd_lab_report *report,
		       const char *path)
{
	FILE *out = fopen(path, "w");

	if (!out || uiommufd_lab_report_write(report, UIOMMUFD_LAB_HTML, out) ||
	    fclose(out)) {
		perror(path);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct uiommufd_lab_report *report =
		uiommufd_lab_report_new("A driver of one's own");
	struct uiommufd_lab_profile *profile;
	struct uiommufd_lab_driver drivers[2];
	struct uiommufd_lab_design designs[2];
	const struct uiommufd_lab_result *results[2];
	struct machine machines[2];
	char *error = NULL;

	profile = uiommufd_lab_profile_load(NULL, &error);
	if (!profile)
		fail(error);
	for (int i = 0; i < 2; i++) {
		machine_open(&machines[i], i);
		drivers[i].arg = &machines[i];
		drivers[i].invalidate = invalidate;
		uiommufd_lab_design_init(&designs[i]);
		designs[i].policy = "guest-trapped";
		designs[i].batch = BATCH;
		designs[i].cpus = designs[i].queues = 2;
		designs[i].lists = 500;
		designs[i].driver = &drivers[i];
		designs[i].label = i ? "our ops" : "stock ops";
		results[i] = uiommufd_lab_report_run(report, profile,
						     &designs[i], NULL, &error);
		if (!results[i])
			fail(error);
	}
	/* Theirs waits once for 16 commands, ours each four. */
	assert(results[0]->syncs == results[0]->lists);
	assert(results[1]->syncs == results[1]->lists * BATCH / OWN_CHUNK);
	printf("%u commands a list, stock ops: %.0f ns; %u a CMD_SYNC: %.0f ns\n",
	       BATCH, results[0]->latency.mean_ps / 1e3, OWN_CHUNK,
	       results[1]->latency.mean_ps / 1e3);
	if (argc > 1) {
		if (uiommufd_lab_report_sweep(report, profile, &designs[1], NULL,
					      &error) < 0)
			fail(error);
		write_page(report, argv[1]);
	}
	for (int i = 0; i < 2; i++)
		machine_close(&machines[i]);
	uiommufd_lab_report_free(report);
	uiommufd_lab_profile_free(profile);
	puts("nothing left behind");
	return 0;
}
