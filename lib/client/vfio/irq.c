// SPDX-License-Identifier: MIT
/*
 * Interrupts: eventfds that the client gives, one kind enabled at a time.
 *
 * The simulated devices raise none by themselves; a client triggers them as
 * VFIO lets it: VFIO_IRQ_SET_ACTION_TRIGGER without eventfds.
 */
#include <linux/errno.h>
#include <linux/pci_regs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <stdio.h>
#include <string.h>
#include <uik/file.h>
#include <unistd.h>

#include "client/vfio/pci.h"

void vfio_irqs_init(struct vfio_irqs *irqs)
{
	irqs->type = VFIO_IRQ_NONE;
	for (unsigned int i = 0; i < VFIO_MSIX_VECTORS; i++)
		irqs->triggers[i] = -1;
	irqs->unmask = irqs->error = irqs->request = -1;
	irqs->masked = false;
}

/* --- eventfds -------------------------------------------------------------*/

static void event_clear(int *event)
{
	if (*event >= 0)
		close(*event);
	*event = -1;
}

static void event_signal(int event)
{
	u64 one = 1;
	ssize_t n = event >= 0 ? write(event, &one, sizeof(one)) : 0;

	(void)n;	/* full: as good as signalled */
}

static bool is_eventfd(int fd)
{
	char path[32], name[32] = "";
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, name, sizeof(name) - 1);
	return n > 0 && !strcmp(name, "anon_inode:[eventfd]");
}

/* Ours from now on, or none for -1: 0; -EBADF; -EINVAL: no eventfd. */
static int event_set(int *event, int fd)
{
	int copy;

	if (fd < 0) {
		event_clear(event);
		return 0;
	}
	copy = dup(fd);
	if (copy < 0)
		return -errno;
	if (uik_fd_is_ours(fd) || !is_eventfd(fd)) {
		close(copy);
		return -EINVAL;
	}
	event_clear(event);
	*event = uik_fd_high(copy);
	return 0;
}

static void irqs_disable(struct vfio_pci *pci)
{
	struct vfio_irqs *irqs = &pci->irqs;

	for (unsigned int i = 0; i < VFIO_MSIX_VECTORS; i++)
		event_clear(&irqs->triggers[i]);
	event_clear(&irqs->unmask);
	irqs->masked = false;
	irqs->type = VFIO_IRQ_NONE;
	pci->config[VFIO_AT_MSI + PCI_MSI_FLAGS] &= ~PCI_MSI_FLAGS_ENABLE;
	pci->config[VFIO_AT_MSIX + PCI_MSIX_FLAGS + 1] &=
		~(PCI_MSIX_FLAGS_ENABLE >> 8);
}

/* MSI has as many as it was enabled with; the others can get more later. */
static void irqs_enable(struct vfio_pci *pci, enum vfio_irq_type type,
			unsigned int vectors)
{
	if (pci->irqs.type == type)
		return;
	pci->irqs.type = type;
	pci->irqs.vectors = type == VFIO_IRQ_MSI ? vectors : VFIO_MSIX_VECTORS;
	if (type == VFIO_IRQ_MSI)
		pci->config[VFIO_AT_MSI + PCI_MSI_FLAGS] |=
			PCI_MSI_FLAGS_ENABLE;
	if (type == VFIO_IRQ_MSIX)
		pci->config[VFIO_AT_MSIX + PCI_MSIX_FLAGS + 1] |=
			PCI_MSIX_FLAGS_ENABLE >> 8;
}

void vfio_irqs_fini(struct vfio_irqs *irqs)
{
	for (unsigned int i = 0; i < VFIO_MSIX_VECTORS; i++)
		event_clear(&irqs->triggers[i]);
	event_clear(&irqs->unmask);
	event_clear(&irqs->error);
	event_clear(&irqs->request);
}

/* --- GET_IRQ_INFO ---------------------------------------------------------*/

static unsigned int irq_count(unsigned int index)
{
	switch (index) {
	case VFIO_PCI_MSI_IRQ_INDEX:
		return VFIO_MSI_VECTORS;
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return VFIO_MSIX_VECTORS;
	default:
		return 1;
	}
}

long vfio_get_irq_info(struct vfio_device *device, void __user *arg)
{
	struct vfio_irq_info info;
	int ret = vfio_fetch(&info, arg, sizeof(info));

	if (ret)
		return ret;
	if (info.index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	info.flags = VFIO_IRQ_INFO_EVENTFD;
	if (info.index == VFIO_PCI_INTX_IRQ_INDEX)
		info.flags |= VFIO_IRQ_INFO_MASKABLE |
			      VFIO_IRQ_INFO_AUTOMASKED;
	else if (info.index != VFIO_PCI_MSIX_IRQ_INDEX)
		info.flags |= VFIO_IRQ_INFO_NORESIZE;
	info.count = irq_count(info.index);
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

/* --- SET_IRQS -------------------------------------------------------------*/

/* One request, its data fetched. */
struct request {
	u32 data_type;
	union {
		u8 bools[VFIO_MSIX_VECTORS];
		s32 fds[VFIO_MSIX_VECTORS];
	};
	struct vfio_irq_set set;	/* last: it ends in an array */
};

static int check_request(struct request *request, size_t *out_bytes)
{
	const struct vfio_irq_set *set = &request->set;
	size_t each;

	if (set->index >= VFIO_PCI_NUM_IRQS ||
	    set->count >= U32_MAX - set->start ||
	    set->flags & ~(VFIO_IRQ_SET_DATA_TYPE_MASK |
			   VFIO_IRQ_SET_ACTION_TYPE_MASK))
		return -EINVAL;
	if (set->start >= irq_count(set->index) ||
	    set->start + set->count > irq_count(set->index))
		return -EINVAL;
	request->data_type = set->flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
	switch (request->data_type) {
	case VFIO_IRQ_SET_DATA_NONE:
		each = 0;
		break;
	case VFIO_IRQ_SET_DATA_BOOL:
		each = sizeof(u8);
		break;
	case VFIO_IRQ_SET_DATA_EVENTFD:
		each = sizeof(s32);
		break;
	default:
		return -EINVAL;
	}
	*out_bytes = each * set->count;
	return set->argsz - sizeof(*set) < *out_bytes ? -EINVAL : 0;
}

static bool has_event(const struct request *request)
{
	return request->data_type == VFIO_IRQ_SET_DATA_EVENTFD;
}

/* "Nothing of them": how a client switches a kind off. */
static bool is_off(const struct request *request)
{
	return !request->set.count &&
	       request->data_type == VFIO_IRQ_SET_DATA_NONE;
}

/* Signals what the request names among the triggers. */
static void signal_range(const struct vfio_irqs *irqs,
			 const struct request *request)
{
	for (u32 i = 0; i < request->set.count; i++)
		if (request->data_type == VFIO_IRQ_SET_DATA_NONE ||
		    request->bools[i])
			event_signal(irqs->triggers[request->set.start + i]);
}

static int set_one(struct vfio_irqs *irqs, unsigned int vector, int fd)
{
	if (vector >= irqs->vectors && fd >= 0)
		return -EINVAL;
	return event_set(&irqs->triggers[vector], fd);
}

/* All of a range; on failure those set by this call are taken away again. */
static int set_range(struct vfio_irqs *irqs, const struct request *request)
{
	u32 start = request->set.start, i;
	int ret = 0;

	for (i = 0; !ret && i < request->set.count; i++)
		ret = set_one(irqs, start + i, request->fds[i]);
	if (ret)
		for (i = 0; i < request->set.count; i++)
			event_clear(&irqs->triggers[start + i]);
	return ret;
}

/* Other kinds must be off; with eventfds this one is switched on. */
static int trigger(struct vfio_pci *pci, const struct request *request)
{
	struct vfio_irqs *irqs = &pci->irqs;
	enum vfio_irq_type type = (enum vfio_irq_type)request->set.index;
	bool fresh = irqs->type == VFIO_IRQ_NONE;
	int ret;

	if (irqs->type == type && is_off(request)) {
		irqs_disable(pci);
		return 0;
	}
	if (irqs->type != type && !fresh)
		return -EINVAL;
	if (type == VFIO_IRQ_INTX &&
	    (request->set.start || request->set.count != 1))
		return -EINVAL;
	if (has_event(request)) {
		irqs_enable(pci, type,
			    request->set.start + request->set.count);
		ret = set_range(irqs, request);
		if (ret && fresh)
			irqs_disable(pci);
		return ret;
	}
	if (fresh)
		return -EINVAL;
	signal_range(irqs, request);
	return 0;
}

static bool wants(const struct request *request)
{
	return request->data_type == VFIO_IRQ_SET_DATA_NONE ||
	       request->bools[0];
}

static bool is_intx_request(const struct vfio_irqs *irqs,
			    const struct request *request)
{
	return irqs->type == VFIO_IRQ_INTX && !request->set.start &&
	       request->set.count == 1;
}

static int mask(struct vfio_irqs *irqs, const struct request *request)
{
	if (!is_intx_request(irqs, request))
		return -EINVAL;
	if (has_event(request))
		return -ENOTTY;
	if (wants(request))
		irqs->masked = true;
	return 0;
}

static int unmask(struct vfio_irqs *irqs, const struct request *request)
{
	if (!is_intx_request(irqs, request))
		return -EINVAL;
	if (has_event(request))
		return event_set(&irqs->unmask, request->fds[0]);
	if (wants(request))
		irqs->masked = false;
	return 0;
}

/* One eventfd beside the device's interrupts: errors, and being asked back. */
static int trigger_single(int *event, const struct request *request)
{
	if (request->data_type == VFIO_IRQ_SET_DATA_NONE) {
		if (request->set.count)
			event_signal(*event);
		else
			event_clear(event);
		return 0;
	}
	if (!request->set.count)
		return -EINVAL;
	if (has_event(request)) {
		if (request->fds[0] < -1)
			return -EINVAL;
		return event_set(event, request->fds[0]);
	}
	if (request->bools[0])
		event_signal(*event);
	return 0;
}

static int act(struct vfio_pci *pci, const struct request *request)
{
	u32 action = request->set.flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	bool trigger_it = action == VFIO_IRQ_SET_ACTION_TRIGGER;

	switch (request->set.index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		if (action == VFIO_IRQ_SET_ACTION_MASK)
			return mask(&pci->irqs, request);
		if (action == VFIO_IRQ_SET_ACTION_UNMASK)
			return unmask(&pci->irqs, request);
		return trigger_it ? trigger(pci, request) : -ENOTTY;
	case VFIO_PCI_ERR_IRQ_INDEX:
		return trigger_it ? trigger_single(&pci->irqs.error, request) :
				    -ENOTTY;
	case VFIO_PCI_REQ_IRQ_INDEX:
		return trigger_it ?
			       trigger_single(&pci->irqs.request, request) :
			       -ENOTTY;
	default:
		return trigger_it ? trigger(pci, request) : -ENOTTY;
	}
}

long vfio_set_irqs(struct vfio_device *device, void __user *arg)
{
	struct request request = { 0 };
	size_t bytes = 0;
	int ret = vfio_fetch(&request.set, arg, sizeof(request.set));

	if (!ret)
		ret = check_request(&request, &bytes);
	if (ret)
		return ret;
	if (copy_from_user(request.fds,
			   (char __user *)arg + sizeof(request.set), bytes))
		return -EFAULT;
	return act(device->pci, &request);
}
