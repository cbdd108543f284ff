// SPDX-License-Identifier: MIT
/*
 * What a test asks of the library beside the ABI: failing steps, expected
 * warnings.
 */
#include <uik/task.h>
#include <uik/warn.h>
#include <uiommufd/client.h>

#include "client/entry.h"

_Static_assert(UIOMMUFD_FAIL_ALLOC == 1u << UIK_FAIL_ALLOC, "fail kinds");
_Static_assert(UIOMMUFD_FAIL_COPY == 1u << UIK_FAIL_COPY, "fail kinds");
_Static_assert(UIOMMUFD_FAIL_PIN == 1u << UIK_FAIL_PIN, "fail kinds");
_Static_assert(UIOMMUFD_FAIL_OP == 1u << UIK_FAIL_OP, "fail kinds");

bool uiommufd_fail_nth(uint32_t nth, uint32_t kinds)
{
	return uik_fail_nth(nth, kinds & UIOMMUFD_FAIL_ANY,
			    kinds & UIOMMUFD_FAIL_STICKY);
}

void uiommufd_expect_warn_begin(struct uiommufd_platform *platform)
{
	struct uik_machine *outer = uik_enter(client_machine(platform));

	uik_warn_expect_begin();
	uik_leave(outer);
}

uint64_t uiommufd_expect_warn_end(struct uiommufd_platform *platform)
{
	struct uik_machine *outer = uik_enter(client_machine(platform));
	uint64_t seen = uik_warn_expect_end();

	uik_leave(outer);
	return seen;
}
