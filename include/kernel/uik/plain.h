/* SPDX-License-Identifier: MIT */
/*
 * Points of plain accesses: a load or a store whose size has this bit orders
 * nothing, and nobody else need go first.
 */
#ifndef UIK_PLAIN_H
#define UIK_PLAIN_H

#define UIK_PLAIN (1u << 31)

#endif
