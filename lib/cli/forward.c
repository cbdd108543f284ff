// SPDX-License-Identifier: MIT
/*
 * Trapped commands and the driver.
 */
#include "forward.h"

#include <string.h>
#include <uapi/linux/iommufd.h>
#include <uiommufd/uiommufd.h>

#include "cli.h"

#define DEVICES 16
#define LOG2_ENTRIES 8

static void observe(void *arg, const struct uiommufd_vcmdq_command *command)
{
	struct forward *forward = arg;
	struct uiommufd_lab_footprint *out = forward->footprint;

	if (!out || command->queue != UIOMMUFD_QUEUE_MAIN ||
	    out->count == out->room)
		return;
	memcpy(out->commands[out->count++], command->word,
	       sizeof(command->word));
}

static int invalidate(void *arg, const uint64_t (*commands)[2],
		      unsigned int count, struct uiommufd_lab_footprint *out)
{
	struct forward *forward = arg;
	struct iommu_hwpt_invalidate cmd = {
		.size = sizeof(cmd),
		.hwpt_id = forward->vmm.viommu_id,
		.data_type = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
		.data_uptr = (uintptr_t)commands,
		.entry_len = sizeof(commands[0]),
		.entry_num = count,
	};
	int rc;

	forward->footprint = out;
	rc = uiommufd_ioctl(forward->vmm.fd, IOMMU_HWPT_INVALIDATE, &cmd);
	forward->footprint = NULL;
	return rc;
}

gboolean forward_open(struct forward *forward, const GArray *sids)
{
	struct uiommufd_platform_config config;

	memset(forward, 0, sizeof(*forward));
	uiommufd_platform_config_init(&config, "tegra241");
	config.devices = DEVICES;
	config.hardware.engine = UIOMMUFD_ENGINE_INLINE;
	forward->platform = uiommufd_platform_new(&config);
	if (!forward->platform ||
	    !vmm_build(&forward->vmm, forward->platform, 1, LOG2_ENTRIES, sids))
		return FALSE;
	forward->driver = (struct uiommufd_lab_driver){ forward, invalidate };
	return !uiommufd_vcmdq_observe(forward->platform, observe, forward);
}

gboolean forward_close(struct forward *forward)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };
	gboolean clean = TRUE;

	if (!forward->platform)
		return TRUE;
	uiommufd_vcmdq_observe(forward->platform, NULL, NULL);
	clean = vmm_teardown(&forward->vmm) &&
		!uiommufd_platform_audit(forward->platform, &audit);
	if (clean)
		uiommufd_platform_free(forward->platform);
	else
		complain(0, "the machine behind trapped commands left "
			 "something");
	return clean;
}
