/* SPDX-License-Identifier: MIT */
/* Ranges of physical addresses and interrupt numbers. */
#ifndef UIK_LINUX_IOPORT_H
#define UIK_LINUX_IOPORT_H

#include <linux/types.h>

struct resource {
	resource_size_t start;
	resource_size_t end;	/* inclusive */
	const char *name;
	unsigned long flags;
	unsigned long desc;
	struct resource *parent, *sibling, *child;
};

#define IORESOURCE_BITS 0x000000ff
#define IORESOURCE_TYPE_BITS 0x00001f00
#define IORESOURCE_IO 0x00000100
#define IORESOURCE_MEM 0x00000200
#define IORESOURCE_IRQ 0x00000400
#define IORESOURCE_DMA 0x00000800

static inline resource_size_t resource_size(const struct resource *res)
{
	return res->end - res->start + 1;
}

static inline unsigned long resource_type(const struct resource *res)
{
	return res->flags & IORESOURCE_TYPE_BITS;
}

#define DEFINE_RES_NAMED(start_, size_, name_, flags_)        \
	(struct resource)                                     \
	{                                                     \
		.start = (start_), .end = (start_) + (size_)-1, \
		.name = (name_), .flags = (flags_),           \
	}
#define DEFINE_RES_MEM(start, size) \
	DEFINE_RES_NAMED((start), (size), NULL, IORESOURCE_MEM)
#define DEFINE_RES_MEM_NAMED(start, size, name) \
	DEFINE_RES_NAMED((start), (size), (name), IORESOURCE_MEM)
#define DEFINE_RES_IRQ(irq) DEFINE_RES_NAMED((irq), 1, NULL, IORESOURCE_IRQ)
#define DEFINE_RES_IRQ_NAMED(irq, name) \
	DEFINE_RES_NAMED((irq), 1, (name), IORESOURCE_IRQ)

#endif
