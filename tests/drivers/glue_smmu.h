/* SPDX-License-Identifier: MIT */
/*
 * The thin SMMU driver around a CMDQV driver under test.
 */
#ifndef TESTS_GLUE_SMMU_H
#define TESTS_GLUE_SMMU_H

#include "arm-smmu-v3.h"

#define GLUE_NAME "glue-smmu"
#define GLUE_VMID 0x1234

/* The SMMU that the driver took; as tegra241_cmdqv_probe() returned it. */
extern struct arm_smmu_device *glue_smmu;

#endif
