/* SPDX-License-Identifier: MIT */
/*
 * The configuration of this kit, and IS_ENABLED().
 *
 * These symbols change structure layouts and which functions exist, so kit,
 * library and drivers must all see one value.  Every header of the kit
 * includes this file through <linux/compiler.h>.  Left undefined on purpose:
 * CONFIG_XARRAY_MULTI, CONFIG_BASE_SMALL, CONFIG_KUNIT, CONFIG_ARM_SMMU_V3_SVA,
 * CONFIG_CMA_ALIGNMENT, CONFIG_DEBUG_LOCK_ALLOC.
 */
#ifndef UIK_LINUX_KCONFIG_H
#define UIK_LINUX_KCONFIG_H

#define CONFIG_64BIT 1
#define CONFIG_SMP 1
#define CONFIG_MMU 1
#define CONFIG_HZ 1000
#define CONFIG_IOMMU_API 1
#define CONFIG_IOMMU_IOPF 1
#define CONFIG_IOMMUFD 1
#define CONFIG_IOMMUFD_DRIVER 1
#define CONFIG_IOMMUFD_DRIVER_CORE 1
#define CONFIG_IOMMUFD_TEST 1
#define CONFIG_ARM_SMMU_V3 1
#define CONFIG_ARM_SMMU_V3_IOMMUFD 1
#define CONFIG_TEGRA241_CMDQV 1

/*
 * 1 when @option is a macro that expands to 1, else 0; usable in #if and in
 * expressions.  An option that is 1 turns uik_arg_1 into "0," and so shifts a 1
 * into second place.
 */
#define uik_arg_1 0,
#define uik_second(ignored, value, ...) value
#define uik_is_set3(arg_or_junk) uik_second(arg_or_junk 1, 0, 0)
#define uik_is_set2(value) uik_is_set3(uik_arg_##value)
#define uik_is_set(option) uik_is_set2(option)

#define IS_BUILTIN(option) uik_is_set(option)
#define IS_MODULE(option) uik_is_set(option##_MODULE)
#define IS_REACHABLE(option) uik_is_set(option)
#define IS_ENABLED(option) (uik_is_set(option) || uik_is_set(option##_MODULE))

#endif
