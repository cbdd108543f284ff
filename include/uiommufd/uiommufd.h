/* SPDX-License-Identifier: MIT */
/* Everything a client, a test or a modeller of hardware needs. */
#ifndef UIOMMUFD_UIOMMUFD_H
#define UIOMMUFD_UIOMMUFD_H

#include "client.h"
#include "dma.h"
#include "explore.h"
#include "inspect.h"
#include "lab.h"
#include "mmio.h"
#include "ops.h"
#include "platform.h"
#include "policy.h"
#include "registers.h"
#include "replay.h"
#include "vcmdq.h"

#endif
