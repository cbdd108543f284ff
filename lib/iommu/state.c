// SPDX-License-Identifier: MIT
/* What the IOMMU core keeps for a machine, and the mock's hook table. */
#include "iommu/state.h"

#include <iommufd-mock.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/iommu.h>
#include <linux/slab.h>
#include <uik/machine.h>

struct dentry *iommu_debugfs_dir;

static void state_destroy(void *value)
{
	struct iommu_state *state = value;

	WARN_ON(!list_empty(&state->instances));
	ida_destroy(&state->group_ids);
	mutex_destroy(&state->probe_mutex);
	kfree(state);
}

struct iommu_state *iommu_state_get(struct uik_machine *machine)
{
	struct iommu_state *state = uik_slot_get(machine, UIK_SLOT_IOMMU);
	struct iommu_state *winner;

	if (likely(state))
		return state;
	state = kzalloc_obj(*state);
	if (!state)
		return NULL;
	mutex_init(&state->probe_mutex);
	INIT_LIST_HEAD(&state->instances);
	ida_init(&state->group_ids);
	winner = uik_slot_set(machine, UIK_SLOT_IOMMU, state, state_destroy);
	if (winner != state)
		state_destroy(state);
	return winner;
}

int iommufd_mock_register(struct iommu_device *iommu,
			  const struct iommufd_mock_ops *ops)
{
	struct iommu_state *state = iommu_state_get(uik_this_machine());
	int ret = 0;

	if (!state)
		return -ENOMEM;
	mutex_lock(&state->probe_mutex);
	if (state->mock) {
		ret = -EBUSY;
	} else {
		state->mock = iommu;
		state->mock_ops = ops;
	}
	mutex_unlock(&state->probe_mutex);
	return ret;
}

void iommufd_mock_unregister(void)
{
	struct iommu_state *state = iommu_state_get(uik_this_machine());

	if (!state)
		return;
	mutex_lock(&state->probe_mutex);
	state->mock = NULL;
	state->mock_ops = NULL;
	mutex_unlock(&state->probe_mutex);
}

const struct iommufd_mock_ops *iommufd_mock_get(struct iommu_device **out_iommu)
{
	struct iommu_state *state =
		uik_slot_get(uik_this_machine(), UIK_SLOT_IOMMU);
	const struct iommufd_mock_ops *ops;

	if (!state)
		return NULL;
	mutex_lock(&state->probe_mutex);
	ops = state->mock_ops;
	if (ops)
		*out_iommu = state->mock;
	mutex_unlock(&state->probe_mutex);
	return ops;
}
