// SPDX-License-Identifier: MIT
/*
 * The list of scenarios.
 */
#include "explore/scenarios.h"

#include <string.h>

static const struct uiommufd_scenario *const *const lists[] = {
	scenarios_contract,
	scenarios_vdevice,
	scenarios_object,
	scenarios_viommu,
	scenarios_queue,
	scenarios_mapping,
	scenarios_eventq,
	scenarios_fault,
	scenarios_request,
	scenarios_attach,
	scenarios_group,
	scenarios_members,
	scenarios_ioas,
	scenarios_account,
	scenarios_access,
	scenarios_driver,
	scenarios_end,
	scenarios_dirty,
	scenarios_bare,
	scenarios_vfio,
	scenarios_call,
	scenarios_smmu,
	scenarios_dma,
	scenarios_cmdqv,
	scenarios_probe,
	scenarios_generated,
	/* Last: it says least of a cause. */
	scenarios_recorded,
};

const struct uiommufd_scenario *uiommufd_scenario_at(unsigned int index)
{
	for (unsigned int i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (unsigned int j = 0; lists[i][j]; j++)
			if (!index--)
				return lists[i][j];
	return NULL;
}

bool scenario_resumes(const struct uiommufd_scenario *scenario,
		      const struct uiommufd_law *const *laws)
{
	const struct uiommufd_scenario *own;

	if (scenario->flags & SCENARIO_FROM_START)
		return false;
	if (scenario->flags & UIOMMUFD_SCENARIO_RESUMES)
		return true;
	for (unsigned int i = 0; (own = uiommufd_scenario_at(i)); i++)
		if (own == scenario)
			return !laws && !own->kind;
	return false;
}

const struct uiommufd_scenario *uiommufd_scenario_find(const char *name)
{
	const struct uiommufd_scenario *scenario;

	for (unsigned int i = 0; (scenario = uiommufd_scenario_at(i)); i++)
		if (!strcmp(scenario->name, name))
			return scenario;
	return NULL;
}
