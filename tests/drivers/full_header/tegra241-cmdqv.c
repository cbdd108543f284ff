/* SPDX-License-Identifier: MIT */
/*
 * The CMDQV driver as one file, the way another one would be supplied: with
 * this folder as -Dcmdqv_dir the build takes it and the header beside it.
 */
#include "../../../lib/drivers/arm-smmu-v3/tegra241-cmdqv.c"
#include "../../../lib/drivers/arm-smmu-v3/tegra241-vintf.c"
#undef dev_fmt
#include "../../../lib/drivers/arm-smmu-v3/tegra241-viommu.c"
