/* SPDX-License-Identifier: MIT */
/* The scenarios that come with the library: a NULL-terminated list a file. */
#ifndef EXPLORE_SCENARIOS_H
#define EXPLORE_SCENARIOS_H

#include <uiommufd/explore.h>

#define hidden __attribute__((visibility("hidden")))

extern const struct uiommufd_scenario *const scenarios_generated[] hidden;
extern const struct uiommufd_scenario *const scenarios_vdevice[] hidden;
extern const struct uiommufd_scenario *const scenarios_contract[] hidden;
extern const struct uiommufd_scenario *const scenarios_object[] hidden;
extern const struct uiommufd_scenario *const scenarios_viommu[] hidden;
extern const struct uiommufd_scenario *const scenarios_queue[] hidden;
extern const struct uiommufd_scenario *const scenarios_mapping[] hidden;
extern const struct uiommufd_scenario *const scenarios_eventq[] hidden;
extern const struct uiommufd_scenario *const scenarios_fault[] hidden;
extern const struct uiommufd_scenario *const scenarios_request[] hidden;
extern const struct uiommufd_scenario *const scenarios_attach[] hidden;
extern const struct uiommufd_scenario *const scenarios_group[] hidden;
extern const struct uiommufd_scenario *const scenarios_members[] hidden;
extern const struct uiommufd_scenario *const scenarios_ioas[] hidden;
extern const struct uiommufd_scenario *const scenarios_account[] hidden;
extern const struct uiommufd_scenario *const scenarios_access[] hidden;
extern const struct uiommufd_scenario *const scenarios_dirty[] hidden;
extern const struct uiommufd_scenario *const scenarios_bare[] hidden;
extern const struct uiommufd_scenario *const scenarios_vfio[] hidden;
extern const struct uiommufd_scenario *const scenarios_call[] hidden;
extern const struct uiommufd_scenario *const scenarios_smmu[] hidden;
extern const struct uiommufd_scenario *const scenarios_dma[] hidden;
extern const struct uiommufd_scenario *const scenarios_cmdqv[] hidden;
extern const struct uiommufd_scenario *const scenarios_end[] hidden;
extern const struct uiommufd_scenario *const scenarios_driver[] hidden;
extern const struct uiommufd_scenario *const scenarios_probe[] hidden;
extern const struct uiommufd_scenario *const scenarios_recorded[] hidden;

/*
 * Of the library's: its threads change what no snapshot brings back.  All others
 * on the mock may go on from the middle of an execution, like those whose flags
 * say so.  Platforms of other kinds map registers and keep memory elsewhere.
 */
#define SCENARIO_FROM_START (1u << 31)

/* @laws: of others, who may remember elsewhere what they saw; NULL: none. */
bool scenario_resumes(const struct uiommufd_scenario *scenario,
		      const struct uiommufd_law *const *laws) hidden;

#endif
