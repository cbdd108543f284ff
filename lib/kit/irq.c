/* SPDX-License-Identifier: MIT */
/*
 * Interrupts: edges, hard handlers, interrupt threads.
 *
 * Invariants: at most one hard handler and one thread function of a line run at
 * a time; an edge is either pending, being delivered, or has become a wake; a
 * wake is consumed by starting the thread function.  free_irq() leaves none.
 */
#include "kit/irq.h"

#include <linux/bug.h>
#include <linux/device.h>
#include <linux/slab.h>
#include <uik/hardware_fault.h>
#include <uik/task.h>

#include "kit/fork.h"
#include "kit/machine.h"

void irq_domain_init(struct irq_domain *domain, struct uik_machine *machine)
{
	int i;

	spin_lock_init(&domain->lock);
	for (i = 1; i < IRQ_LINES; i++) {
		spin_lock_init(&domain->lines[i].lock);
		init_waitqueue_head(&domain->lines[i].wait);
		domain->lines[i].machine = machine;
		domain->lines[i].number = i;
	}
}

static struct irq_line *line_in(struct uik_machine *machine, int irq)
{
	if (irq < 1 || irq >= IRQ_LINES || !machine->irqs.lines[irq].used)
		return NULL;
	return &machine->irqs.lines[irq];
}

static struct irq_line *line_here(unsigned int irq)
{
	return line_in(uik_this_machine(), irq);
}

int uik_irq_alloc(struct uik_machine *machine)
{
	struct irq_domain *domain = &machine->irqs;
	int i, number = -ENOSPC;

	spin_lock(&domain->lock);
	for (i = 1; i < IRQ_LINES && number < 0; i++) {
		if (domain->lines[i].used)
			continue;
		domain->lines[i].used = true;
		number = i;
	}
	spin_unlock(&domain->lock);
	return number;
}

void uik_irq_release(struct uik_machine *machine, int irq)
{
	struct irq_line *line = line_in(machine, irq);

	if (WARN_ON(!line) || WARN_ON(line->requested))
		return;
	spin_lock(&machine->irqs.lock);
	line->pending = false;
	line->disable_depth = 0;
	line->used = false;
	spin_unlock(&machine->irqs.lock);
}

void uik_irq_set_stepped(struct uik_machine *machine, bool stepped)
{
	machine->irqs.stepped = stepped;
}

/* The thread function is to run; or has not finished. */
static bool line_thread_busy(const struct irq_line *line)
{
	return line->wake || line->in_thread;
}

static bool line_deliverable(const struct irq_line *line)
{
	return line->pending && line->requested && !line->stop &&
	       !line->disable_depth && !line->in_hard &&
	       !(line->flags & IRQF_ONESHOT && line->thread &&
		 line_thread_busy(line));
}

/* Turns a pending edge into handler runs; drops and retakes the lock. */
static unsigned int line_deliver_locked(struct irq_line *line)
{
	irqreturn_t result = IRQ_WAKE_THREAD;
	unsigned int runs = 0;

	while (line_deliverable(line)) {
		line->pending = false;
		if (line->hard) {
			line->in_hard = true;
			line->hard_task = current;
			spin_unlock(&line->lock);
			/* Interrupts are off there: it must not sleep. */
			current->atomic_depth++;
			current->hardirq_depth++;
			result = line->hard(line->number, line->dev);
			current->hardirq_depth--;
			current->atomic_depth--;
			spin_lock(&line->lock);
			line->in_hard = false;
			line->hard_task = NULL;
			runs++;
		}
		if (result == IRQ_WAKE_THREAD && line->thread)
			line->wake = true;
		wake_up_all(&line->wait);
	}
	return runs;
}

void uik_irq_raise(struct uik_machine *machine, int irq)
{
	struct irq_line *line = line_in(machine, irq);

	uik_point(UIK_POINT_IRQ, line, 0, true);
	if (WARN_ON_ONCE(!line))
		return;
	spin_lock(&line->lock);
	line->pending = true;
	if (!machine->irqs.stepped)
		line_deliver_locked(line);
	spin_unlock(&line->lock);
}

/* One run of the thread function, if it owes one. */
static bool line_run_thread_locked(struct irq_line *line)
{
	if (!line->wake || line->in_thread)
		return false;
	line->wake = false;
	line->in_thread = true;
	line->running_task = current;
	spin_unlock(&line->lock);
	line->thread(line->number, line->dev);
	spin_lock(&line->lock);
	line->in_thread = false;
	line->running_task = NULL;
	wake_up_all(&line->wait);
	return true;
}

static bool line_has_work(struct irq_line *line)
{
	bool work;

	spin_lock(&line->lock);
	work = line->wake || line->stop;
	spin_unlock(&line->lock);
	return work;
}

static int line_thread(void *arg)
{
	struct irq_line *line = arg;
	bool stop = false;

	while (!stop) {
		fork_stand();
		wait_event(line->wait, line_has_work(line) || fork_pending());
		spin_lock(&line->lock);
		stop = line->stop;
		if (!stop) {
			line_run_thread_locked(line);
			line_deliver_locked(line);
		}
		spin_unlock(&line->lock);
	}
	return 0;
}

static void line_wake(void *arg)
{
	struct irq_line *line = arg;

	wake_up_all(&line->wait);
}

static bool line_idle(struct irq_line *line)
{
	bool idle;

	spin_lock(&line->lock);
	idle = !line->in_hard && !line->in_thread &&
	       (!line->wake || line->machine->irqs.stepped || line->stop);
	spin_unlock(&line->lock);
	return idle;
}

/* Waits for what runs or, with a thread, is due to run. */
static void line_synchronize(struct irq_line *line)
{
	bool self;

	spin_lock(&line->lock);
	self = line->running_task == current || line->hard_task == current;
	spin_unlock(&line->lock);
	if (WARN(self, "interrupt %d: its handler waits for itself",
		 line->number))
		return;
	wait_event(line->wait, line_idle(line));
}

static int line_claim(struct irq_line *line, irq_handler_t hard,
		      irq_handler_t thread, unsigned long flags,
		      const char *name, void *dev)
{
	int rc = -EBUSY;

	spin_lock(&line->lock);
	if (!line->requested) {
		line->hard = hard;
		line->thread = thread;
		line->flags = flags;
		line->name = name;
		line->dev = dev;
		line->stop = false;
		line->wake = false;
		if (flags & IRQF_NO_AUTOEN)
			line->disable_depth++;
		WRITE_ONCE(line->requested, true);
		rc = 0;
	}
	spin_unlock(&line->lock);
	return rc;
}

/* As if it had not been claimed: what came in meanwhile waits for the next. */
static void line_unclaim(struct irq_line *line)
{
	spin_lock(&line->lock);
	if (line->flags & IRQF_NO_AUTOEN)
		line->disable_depth--;
	WRITE_ONCE(line->requested, false);
	spin_unlock(&line->lock);
}

/*
 * The line was waiting for somebody, or is not ours alone: the handler runs
 * before the request is done.  Only an explorer asks for it.
 */
static void interrupt_at_once(struct irq_line *line)
{
	spin_lock(&line->lock);
	line->pending = true;
	line_deliver_locked(line);
	line_run_thread_locked(line);
	spin_unlock(&line->lock);
}

int request_threaded_irq(unsigned int irq, irq_handler_t hard,
			 irq_handler_t thread, unsigned long flags,
			 const char *name, void *dev)
{
	struct irq_line *line = line_here(irq);
	bool stepped = uik_this_machine()->irqs.stepped;
	int rc;

	if (!line || (!hard && !thread) || (!hard && !(flags & IRQF_ONESHOT)) ||
	    (!dev && (flags & IRQF_SHARED)))
		return -EINVAL;
	if (uik_fail(UIK_FAIL_ALLOC))
		return -ENOMEM;
	rc = line_claim(line, hard, thread, flags, name, dev);
	if (rc)
		return rc;
	if (thread && !stepped) {
		line->runner = thread_start_lasting(line_thread, line,
						    name ? name : "irq",
						    line_wake);
		if (!line->runner) {
			line_unclaim(line);
			return -ENOMEM;
		}
	}
	spin_lock(&line->lock);
	if (!stepped)
		line_deliver_locked(line);
	spin_unlock(&line->lock);
	if (stepped && uik_hardware_fails())
		interrupt_at_once(line);
	return 0;
}

const void *free_irq(unsigned int irq, void *dev)
{
	struct irq_line *line = line_here(irq);

	if (WARN(!line || !line->requested || line->dev != dev,
		 "free_irq(%u): not served by %p", irq, dev))
		return NULL;
	/* One more, while the handler can still be called. */
	if (line->machine->irqs.stepped && uik_hardware_fails())
		interrupt_at_once(line);
	spin_lock(&line->lock);
	line->stop = true;	/* no delivery from here on */
	wake_up_all(&line->wait);
	spin_unlock(&line->lock);
	line_synchronize(line);
	if (line->runner)
		uik_thread_join(line->runner);
	spin_lock(&line->lock);
	line->runner = NULL;
	line->pending = false;
	line->wake = false;
	line->disable_depth = 0;
	WRITE_ONCE(line->requested, false);
	spin_unlock(&line->lock);
	return line->name;
}

void synchronize_irq(unsigned int irq)
{
	struct irq_line *line = line_here(irq);

	if (line && READ_ONCE(line->requested))
		line_synchronize(line);
}

static bool line_hard_idle(struct irq_line *line, bool *thread_idle)
{
	bool idle;

	spin_lock(&line->lock);
	idle = !line->in_hard;
	*thread_idle = !line_thread_busy(line);
	spin_unlock(&line->lock);
	return idle;
}

bool synchronize_hardirq(unsigned int irq)
{
	struct irq_line *line = line_here(irq);
	bool idle = true;

	if (line && line->requested)
		wait_event(line->wait, line_hard_idle(line, &idle));
	return idle;
}

void irq_wake_thread(unsigned int irq, void *dev)
{
	struct irq_line *line = line_here(irq);

	uik_point(UIK_POINT_IRQ, line, 0, true);
	if (!line)
		return;
	spin_lock(&line->lock);
	if (line->requested && !line->stop && line->thread &&
	    line->dev == dev) {
		line->wake = true;
		wake_up_all(&line->wait);
	}
	spin_unlock(&line->lock);
}

bool irq_has_action(unsigned int irq)
{
	struct irq_line *line = line_here(irq);

	return line && READ_ONCE(line->requested);
}

void disable_irq_nosync(unsigned int irq)
{
	struct irq_line *line = line_here(irq);

	if (WARN_ON(!line))
		return;
	spin_lock(&line->lock);
	line->disable_depth++;
	spin_unlock(&line->lock);
}

void disable_irq(unsigned int irq)
{
	disable_irq_nosync(irq);
	synchronize_irq(irq);
}

bool disable_hardirq(unsigned int irq)
{
	disable_irq_nosync(irq);
	return synchronize_hardirq(irq);
}

void enable_irq(unsigned int irq)
{
	struct irq_line *line = line_here(irq);

	if (WARN_ON(!line))
		return;
	spin_lock(&line->lock);
	if (!WARN_ON(!line->disable_depth))
		line->disable_depth--;
	if (!line->machine->irqs.stepped)
		line_deliver_locked(line);
	spin_unlock(&line->lock);
}

/* In stepped mode, on the calling thread. */
static unsigned int line_step(struct irq_line *line)
{
	unsigned int runs = 0, before;

	spin_lock(&line->lock);
	do {
		before = runs;
		runs += line_deliver_locked(line);
		runs += line_run_thread_locked(line);
	} while (runs != before);
	spin_unlock(&line->lock);
	return runs;
}

static bool line_quiet(struct irq_line *line)
{
	bool quiet;

	spin_lock(&line->lock);
	quiet = !line->in_hard && !line_thread_busy(line) &&
		!line_deliverable(line);
	spin_unlock(&line->lock);
	return quiet;
}

unsigned int uik_irq_run_pending(struct uik_machine *machine)
{
	unsigned int total = 0, runs;
	struct irq_line *line;
	int i;

	do {
		runs = 0;
		for (i = 1; i < IRQ_LINES; i++) {
			line = &machine->irqs.lines[i];
			if (!line->used || !READ_ONCE(line->requested))
				continue;
			if (machine->irqs.stepped)
				runs += line_step(line);
			else
				wait_event(line->wait, line_quiet(line));
		}
		total += runs;
	} while (runs);
	return total;
}

struct irq_devres {
	unsigned int irq;
	void *id;
};

static void irq_devres_release(struct device *dev, void *res)
{
	struct irq_devres *this = res;

	free_irq(this->irq, this->id);
}

static int irq_devres_match(struct device *dev, void *res, void *wanted)
{
	const struct irq_devres *this = res, *that = wanted;

	return this->irq == that->irq && this->id == that->id;
}

int devm_request_threaded_irq(struct device *dev, unsigned int irq,
			      irq_handler_t hard, irq_handler_t thread,
			      unsigned long flags, const char *name, void *id)
{
	struct irq_devres *res;
	int rc;

	res = devres_alloc(irq_devres_release, sizeof(*res), GFP_KERNEL);
	if (!res)
		return -ENOMEM;
	rc = request_threaded_irq(irq, hard, thread, flags,
				  name ? name : dev_name(dev), id);
	if (rc) {
		devres_free(res);
		return rc;
	}
	res->irq = irq;
	res->id = id;
	devres_add(dev, res);
	return 0;
}

void devm_free_irq(struct device *dev, unsigned int irq, void *id)
{
	struct irq_devres wanted = { irq, id };

	WARN_ON(devres_release(dev, irq_devres_release, irq_devres_match,
			       &wanted));
}
