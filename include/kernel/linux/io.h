/* SPDX-License-Identifier: MIT */
/*
 * Memory-mapped registers.
 *
 * ioremap() of a device model's window gives addresses in a reserved range
 * that nothing can be stored to; the accessors find the model from them.  At
 * any other address an accessor is a plain access of its width.  The values
 * are little-endian on the bus.
 *
 * Ordering: readX() is ordered before later memory accesses, writeX() after
 * earlier memory writes; the _relaxed forms order nothing.
 */
#ifndef UIK_LINUX_IO_H
#define UIK_LINUX_IO_H

#include <linux/types.h>
#include <linux/compiler.h>
#include <linux/ioport.h>
#include <uik/abi.h>
#include <uik/mmio.h>
#include <asm/barrier.h>

#define UIK_DEFINE_READ(name, type)                                        \
	static inline type name##_relaxed(const volatile void __iomem *addr) \
	{                                                                  \
		if (uik_mmio_covers(addr))                                 \
			return (type)uik_mmio_read(addr, sizeof(type));    \
		return __atomic_load_n((const volatile type *)addr,        \
				       __ATOMIC_RELAXED);                  \
	}                                                                  \
	static inline type name(const volatile void __iomem *addr)         \
	{                                                                  \
		type value = name##_relaxed(addr);                         \
                                                                           \
		rmb();                                                     \
		return value;                                              \
	}
#define UIK_DEFINE_WRITE(name, type)                                         \
	static inline void name##_relaxed(type value,                        \
					  volatile void __iomem *addr)       \
	{                                                                    \
		if (uik_mmio_covers(addr))                                   \
			uik_mmio_write(addr, sizeof(type), value);           \
		else                                                         \
			__atomic_store_n((volatile type *)addr, value,       \
					 __ATOMIC_RELAXED);                  \
	}                                                                    \
	static inline void name(type value, volatile void __iomem *addr)     \
	{                                                                    \
		wmb();                                                       \
		name##_relaxed(value, addr);                                 \
	}

UIK_DEFINE_READ(readb, u8)
UIK_DEFINE_READ(readw, u16)
UIK_DEFINE_READ(readl, u32)
UIK_DEFINE_READ(readq, u64)
UIK_DEFINE_WRITE(writeb, u8)
UIK_DEFINE_WRITE(writew, u16)
UIK_DEFINE_WRITE(writel, u32)
UIK_DEFINE_WRITE(writeq, u64)

#define ioread8(addr) readb(addr)
#define ioread16(addr) readw(addr)
#define ioread32(addr) readl(addr)
#define ioread64(addr) readq(addr)
#define iowrite8(value, addr) writeb((value), (addr))
#define iowrite16(value, addr) writew((value), (addr))
#define iowrite32(value, addr) writel((value), (addr))
#define iowrite64(value, addr) writeq((value), (addr))
#define __raw_readb(addr) readb_relaxed(addr)
#define __raw_readw(addr) readw_relaxed(addr)
#define __raw_writeb(value, addr) writeb_relaxed((value), (addr))
#define __raw_writew(value, addr) writew_relaxed((value), (addr))
#define __raw_readl(addr) readl_relaxed(addr)
#define __raw_readq(addr) readq_relaxed(addr)
#define __raw_writel(value, addr) writel_relaxed((value), (addr))
#define __raw_writeq(value, addr) writeq_relaxed((value), (addr))

/**
 * ioremap - reach a range of physical addresses.
 * @phys: a registered MMIO window's (part of it), or kit memory's
 * @size: bytes
 *
 * Return: for the accessors; to be iounmapped.  NULL if no window holds the
 * whole range.  spec/15 section 2.10
 */
void __iomem *ioremap(phys_addr_t phys, size_t size) __uik(ioremap);
#define ioremap_np(phys, size) ioremap((phys), (size))
#define ioremap_wc(phys, size) ioremap((phys), (size))
#define ioremap_uc(phys, size) ioremap((phys), (size))
/** iounmap - done with it. */
void iounmap(volatile void __iomem *addr) __uik(iounmap);

enum {
	MEMREMAP_WB = 1 << 0,
	MEMREMAP_WT = 1 << 1,
	MEMREMAP_WC = 1 << 2,
	MEMREMAP_ENC = 1 << 3,
	MEMREMAP_DEC = 1 << 4,
};

/**
 * memremap - reach memory, as opposed to registers.
 * @offset: physical address
 * @size: bytes
 * @flags: MEMREMAP_*, one at least; memory has one kind of caching here
 *
 * Context: may sleep; a failure point.
 * Return: for plain accesses, to be memunmapped.  NULL: no flag, or the range
 * is not memory as a whole; a window of registers is not.
 */
void *memremap(resource_size_t offset, size_t size, unsigned long flags)
	__uik(memremap);
/** memunmap - done with it. */
void memunmap(void *addr) __uik(memunmap);

struct device;
/** devm_memremap - memremap() that ends with @dev; ERR_PTR(-ENXIO, -ENOMEM). */
void *devm_memremap(struct device *dev, resource_size_t offset, size_t size,
		    unsigned long flags) __uik(devm_memremap);
/** devm_memunmap - end it now; one that is not there WARNs. */
void devm_memunmap(struct device *dev, void *addr) __uik(devm_memunmap);
/** devm_ioremap - ioremap() that ends with @dev; NULL as there or no memory. */
void __iomem *devm_ioremap(struct device *dev, resource_size_t start,
			   resource_size_t size) __uik(devm_ioremap);
#define devm_ioremap_uc(dev, start, size) devm_ioremap((dev), (start), (size))
#define devm_ioremap_wc(dev, start, size) devm_ioremap((dev), (start), (size))
/** devm_iounmap - end it now; one that is not there WARNs. */
void devm_iounmap(struct device *dev, void __iomem *addr) __uik(devm_iounmap);
/**
 * devm_ioremap_resource - map a memory resource.
 *
 * Unlike in the kernel nobody has it alone: a second mapping is no -EBUSY.
 * Return: the mapping; ERR_PTR(-EINVAL) not a memory resource, -ENOMEM.
 */
void __iomem *devm_ioremap_resource(struct device *dev,
				    const struct resource *res)
	__uik(devm_ioremap_resource);
#define devm_ioremap_resource_wc(dev, res) devm_ioremap_resource((dev), (res))

#define memcpy_fromio(to, from, n) uik_memcpy_fromio((to), (from), (n))
#define memcpy_toio(to, from, n) uik_memcpy_toio((to), (from), (n))
/** uik_memcpy_fromio - byte accesses; @n bytes. */
void uik_memcpy_fromio(void *to, const volatile void __iomem *from, size_t n)
	__uik_export;
/** uik_memcpy_toio - byte accesses; @n bytes. */
void uik_memcpy_toio(volatile void __iomem *to, const void *from, size_t n)
	__uik_export;

/* Byte @value to each of @n registers of a byte. */
static inline void memset_io(volatile void __iomem *to, int value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		writeb_relaxed((u8)value, (volatile u8 __iomem *)to + i);
}

/* Registers of 4 bytes, in ascending order; nothing is ordered by them. */
static inline void __iowrite32_copy(void __iomem *to, const void *from,
				    size_t count)
{
	for (size_t i = 0; i < count; i++)
		writel_relaxed(((const u32 *)from)[i], (u32 __iomem *)to + i);
}

static inline void __ioread32_copy(void *to, const void __iomem *from,
				   size_t count)
{
	for (size_t i = 0; i < count; i++)
		((u32 *)to)[i] = readl_relaxed((const u32 __iomem *)from + i);
}

/* And of 8 bytes. */
static inline void __iowrite64_copy(void __iomem *to, const void *from,
				    size_t count)
{
	for (size_t i = 0; i < count; i++)
		writeq_relaxed(((const u64 *)from)[i], (u64 __iomem *)to + i);
}

static inline void __ioread64_copy(void *to, const void __iomem *from,
				   size_t count)
{
	for (size_t i = 0; i < count; i++)
		((u64 *)to)[i] = readq_relaxed((const u64 __iomem *)from + i);
}

/* One register @count times, as a FIFO wants it: memory's own byte order. */
#define UIK_DEFINE_REPEATED(letter, type) \
	static inline void reads##letter(const volatile void __iomem *addr, \
					 void *to, unsigned int count) \
	{ \
		for (unsigned int i = 0; i < count; i++) \
			((type *)to)[i] = read##letter##_relaxed(addr); \
	} \
	static inline void writes##letter(volatile void __iomem *addr, \
					  const void *from, \
					  unsigned int count) \
	{ \
		for (unsigned int i = 0; i < count; i++) \
			write##letter##_relaxed(((const type *)from)[i], \
						addr); \
	}

UIK_DEFINE_REPEATED(b, u8)
UIK_DEFINE_REPEATED(w, u16)
UIK_DEFINE_REPEATED(l, u32)
UIK_DEFINE_REPEATED(q, u64)

#define ioread8_rep(addr, to, count) readsb((addr), (to), (count))
#define ioread16_rep(addr, to, count) readsw((addr), (to), (count))
#define ioread32_rep(addr, to, count) readsl((addr), (to), (count))
#define ioread64_rep(addr, to, count) readsq((addr), (to), (count))
#define iowrite8_rep(addr, from, count) writesb((addr), (from), (count))
#define iowrite16_rep(addr, from, count) writesw((addr), (from), (count))
#define iowrite32_rep(addr, from, count) writesl((addr), (from), (count))
#define iowrite64_rep(addr, from, count) writesq((addr), (from), (count))

/* Registers that are big-endian on the bus. */
#define ioread16be(addr) __builtin_bswap16(readw(addr))
#define ioread32be(addr) __builtin_bswap32(readl(addr))
#define ioread64be(addr) __builtin_bswap64(readq(addr))
#define iowrite16be(value, addr) writew(__builtin_bswap16(value), (addr))
#define iowrite32be(value, addr) writel(__builtin_bswap32(value), (addr))
#define iowrite64be(value, addr) writeq(__builtin_bswap64(value), (addr))

/* The kernel's header gives the address conversions too. */
#include <linux/mm.h>

#endif
