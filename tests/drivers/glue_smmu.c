/* SPDX-License-Identifier: MIT */
/*
 * The thinnest SMMU driver that a CMDQV driver can live beside: the six
 * functions that spec/15 section 5.1 lists, the calls of section 5.2 in their
 * order, and iommu ops that are just enough for iommufd.
 *
 * Written against include/kernel and linked against the shared library alone,
 * the way somebody would try a CMDQV driver of their own on the model.
 */
#include "glue_smmu.h"

#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include <string.h>

#define CR0 0x20
#define CR0ACK 0x24
#define CR0_CMDQEN 8
#define CMDQ_BASE 0x90
#define CMDQ_PROD 0x98
#define CMDQ_CONS 0x9c
#define INDEX_BITS 0xfffff
#define ERROR_SHIFT 24

/* One CPU, one thread: what the queues of a real driver guard against. */
static DEFINE_MUTEX(issue_lock);

struct arm_smmu_device *glue_smmu;

/* --- the six functions ---------------------------------------------------- */

int arm_smmu_init_one_queue(struct arm_smmu_device *smmu,
			    struct arm_smmu_queue *q, void __iomem *page,
			    unsigned long prod_off, unsigned long cons_off,
			    size_t dwords, const char *name)
{
	size_t bytes;

	do {
		bytes = (dwords * 8) << q->llq.max_n_shift;
		q->base = dmam_alloc_coherent(smmu->dev, bytes, &q->base_dma,
					      GFP_KERNEL);
	} while (!q->base && bytes > PAGE_SIZE && q->llq.max_n_shift--);
	if (!q->base)
		return -ENOMEM;
	q->prod_reg = page + prod_off;
	q->cons_reg = page + cons_off;
	q->ent_dwords = dwords;
	q->q_base = BIT_ULL(62) | (q->base_dma & GENMASK_ULL(51, 5)) |
		    q->llq.max_n_shift;
	return 0;
}

int arm_smmu_cmdq_init(struct arm_smmu_device *smmu,
		       struct arm_smmu_cmdq *cmdq)
{
	atomic_set(&cmdq->owner_prod, 0);
	atomic_set(&cmdq->lock, 0);
	return 0;
}

static u32 put(struct arm_smmu_queue *q, u32 prod,
	       const struct arm_smmu_cmd *cmd)
{
	u32 mask = (1u << q->llq.max_n_shift) - 1;
	__le64 *entry = &q->base[(prod & mask) * q->ent_dwords];

	entry[0] = cpu_to_le64(cmd->data[0]);
	entry[1] = cpu_to_le64(cmd->data[1]);
	return (prod + 1) & (2 * mask + 1);
}

int arm_smmu_cmdq_issue_cmdlist(struct arm_smmu_device *smmu,
				struct arm_smmu_cmdq *cmdq,
				struct arm_smmu_cmd *cmds, int n, bool sync)
{
	struct arm_smmu_cmd last = {
		.data = { FIELD_PREP(CMDQ_0_OP, CMDQ_OP_CMD_SYNC) },
	};
	struct arm_smmu_queue *q = &cmdq->q;
	u32 cons, prod;
	int ret = 0;

	mutex_lock(&issue_lock);
	prod = readl(q->prod_reg);
	while (n--)
		prod = put(q, prod, cmds++);
	if (sync)
		prod = put(q, prod, &last);
	writel(prod, q->prod_reg);
	if (sync)
		ret = readl_poll_timeout(q->cons_reg, cons,
					 (cons & INDEX_BITS) == prod, 1,
					 ARM_SMMU_POLL_TIMEOUT_US);
	mutex_unlock(&issue_lock);
	return ret;
}

void __arm_smmu_cmdq_skip_err(struct arm_smmu_device *smmu,
			      struct arm_smmu_cmdq *cmdq)
{
	struct arm_smmu_queue *q = &cmdq->q;
	u32 cons = readl_relaxed(q->cons_reg);
	u32 slot = cons & ((1u << q->llq.max_n_shift) - 1);
	u32 error = cons >> ERROR_SHIFT & 0x7f;

	if (!error || error == 2 || error == 3)
		return;
	q->base[slot * q->ent_dwords] = cpu_to_le64(CMDQ_OP_CMD_SYNC);
	q->base[slot * q->ent_dwords + 1] = 0;
}

struct iommu_domain *
arm_vsmmu_alloc_domain_nested(struct iommufd_viommu *viommu, u32 flags,
			      const struct iommu_user_data *user_data)
{
	return ERR_PTR(-EOPNOTSUPP);
}

int arm_vsmmu_cache_invalidate(struct iommufd_viommu *viommu,
			       struct iommu_user_data_array *array)
{
	array->entry_num = 0;
	return -EOPNOTSUPP;
}

/* --- a nesting parent: page by page in an XArray --------------------------- */

struct glue_domain {
	struct iommu_domain domain;
	struct xarray pages;
};

static struct glue_domain *to_glue(struct iommu_domain *domain)
{
	return container_of(domain, struct glue_domain, domain);
}

static int attach(struct iommu_domain *domain, struct device *dev,
		  struct iommu_domain *old)
{
	return 0;
}

static int map_pages(struct iommu_domain *domain, unsigned long iova,
		     phys_addr_t paddr, size_t pgsize, size_t pgcount, int prot,
		     gfp_t gfp, size_t *mapped)
{
	void *entry;

	for (; pgcount; pgcount--, iova += PAGE_SIZE, paddr += PAGE_SIZE) {
		entry = xa_store(&to_glue(domain)->pages, iova >> PAGE_SHIFT,
				 xa_mk_value(paddr >> PAGE_SHIFT), gfp);
		if (xa_is_err(entry))
			return xa_err(entry);
		*mapped += PAGE_SIZE;
	}
	return 0;
}

static size_t unmap_pages(struct iommu_domain *domain, unsigned long iova,
			  size_t pgsize, size_t pgcount,
			  struct iommu_iotlb_gather *gather)
{
	for (size_t i = 0; i < pgcount; i++)
		xa_erase(&to_glue(domain)->pages, (iova >> PAGE_SHIFT) + i);
	return pgcount * PAGE_SIZE;
}

static phys_addr_t iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	void *entry = xa_load(&to_glue(domain)->pages, iova >> PAGE_SHIFT);

	return entry ? (xa_to_value(entry) << PAGE_SHIFT) +
			       (iova & (PAGE_SIZE - 1)) : 0;
}

static void free_domain(struct iommu_domain *domain)
{
	xa_destroy(&to_glue(domain)->pages);
	kfree(to_glue(domain));
}

static const struct iommu_domain_ops paging_ops = {
	.attach_dev = attach,
	.map_pages = map_pages,
	.unmap_pages = unmap_pages,
	.iova_to_phys = iova_to_phys,
	.free = free_domain,
};

static struct iommu_domain *
domain_alloc(struct device *dev, u32 flags,
	     const struct iommu_user_data *user_data)
{
	struct glue_domain *domain = kzalloc_obj(*domain);

	if (!domain)
		return ERR_PTR(-ENOMEM);
	xa_init(&domain->pages);
	domain->domain.ops = &paging_ops;
	domain->domain.type = IOMMU_DOMAIN_UNMANAGED;
	domain->domain.pgsize_bitmap = PAGE_SIZE;
	domain->domain.geometry.aperture_end = ~0ull >> 16;
	domain->domain.geometry.force_aperture = true;
	return &domain->domain;
}

static const struct iommu_domain_ops blocked_ops = { .attach_dev = attach };
static struct iommu_domain blocked = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &blocked_ops,
};

/* --- the ops that lead to the CMDQV driver --------------------------------- */

static struct iommu_device *probe_device(struct device *dev)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct arm_smmu_master *master = kzalloc_obj(*master);

	if (!master)
		return ERR_PTR(-ENOMEM);
	master->num_streams = 1;
	master->streams = kzalloc_objs(*master->streams, 1);
	if (!master->streams) {
		kfree(master);
		return ERR_PTR(-ENOMEM);
	}
	master->streams[0].id = fwspec->ids[0];
	dev_iommu_priv_set(dev, master);
	return &glue_smmu->iommu;
}

static void release_device(struct device *dev)
{
	struct arm_smmu_master *master = dev_iommu_priv_get(dev);

	kfree(master->streams);
	kfree(master);
}

static bool capable(struct device *dev, enum iommu_cap cap)
{
	return cap == IOMMU_CAP_CACHE_COHERENCY;
}

static int of_xlate(struct device *dev, const struct of_phandle_args *args)
{
	return 0;
}

static void *hw_info(struct device *dev, u32 *length,
		     enum iommu_hw_info_type *type)
{
	return glue_smmu->impl_ops->hw_info(glue_smmu, length, type);
}

static size_t get_viommu_size(struct device *dev, enum iommu_viommu_type type)
{
	return glue_smmu->impl_ops->get_viommu_size(type);
}

static int viommu_init(struct iommufd_viommu *viommu,
		       struct iommu_domain *parent,
		       const struct iommu_user_data *user_data)
{
	struct arm_vsmmu *vsmmu = container_of(viommu, struct arm_vsmmu, core);

	/* spec/15 trap 1: whoever allocates, aligned structures stay so. */
	WARN_ON((uintptr_t)vsmmu % SMP_CACHE_BYTES);
	vsmmu->smmu = glue_smmu;
	vsmmu->vmid = GLUE_VMID;
	return glue_smmu->impl_ops->vsmmu_init(vsmmu, user_data);
}

static const struct iommu_ops glue_ops = {
	.default_domain = &blocked,
	.blocked_domain = &blocked,
	.release_domain = &blocked,
	.capable = capable,
	.of_xlate = of_xlate,
	.hw_info = hw_info,
	.domain_alloc_paging_flags = domain_alloc,
	.probe_device = probe_device,
	.release_device = release_device,
	.device_group = generic_device_group,
	.get_viommu_size = get_viommu_size,
	.viommu_init = viommu_init,
	.owner = THIS_MODULE,
};

/* --- probe ----------------------------------------------------------------- */

static void remove_impl(void *data)
{
	glue_smmu->impl_ops->device_remove(glue_smmu);
}

static void disable(void *data)
{
	glue_smmu->impl_ops->device_disable(glue_smmu);
	writel(0, glue_smmu->base + CR0);
}

/* spec/15 5.2: devm memory, a counted impl_dev, the result replaces it. */
static int find_cmdqv(struct device *dev)
{
	struct arm_smmu_device *smmu =
		devm_kzalloc(dev, sizeof(*smmu), GFP_KERNEL);

	if (!smmu)
		return -ENOMEM;
	smmu->dev = dev;
	smmu->options = ARM_SMMU_OPT_TEGRA241_CMDQV;
	smmu->impl_dev = bus_find_device_by_name(&platform_bus_type, NULL,
						 "tegra241-cmdqv");
	glue_smmu = tegra241_cmdqv_probe(smmu);
	WARN_ON((uintptr_t)glue_smmu % SMP_CACHE_BYTES);
	if (!(glue_smmu->options & ARM_SMMU_OPT_TEGRA241_CMDQV))
		return -ENODEV;
	return devm_add_action_or_reset(dev, remove_impl, NULL);
}

static int start_smmu(struct platform_device *pdev)
{
	struct arm_smmu_device *smmu = glue_smmu;
	u32 ack;
	int ret;

	smmu->base = devm_ioremap_resource(
		&pdev->dev, platform_get_resource(pdev, IORESOURCE_MEM, 0));
	if (IS_ERR(smmu->base))
		return PTR_ERR(smmu->base);
	smmu->cmdq.q.llq.max_n_shift = min_t(
		u32, 8, FIELD_GET(IDR1_CMDQS, readl(smmu->base + ARM_SMMU_IDR1)));
	ret = arm_smmu_init_one_queue(smmu, &smmu->cmdq.q, smmu->base,
				      CMDQ_PROD, CMDQ_CONS, CMDQ_ENT_DWORDS,
				      "cmdq");
	if (!ret)
		ret = smmu->impl_ops->init_structures(smmu);
	if (ret)
		return ret;
	writeq_relaxed(smmu->cmdq.q.q_base, smmu->base + CMDQ_BASE);
	writel_relaxed(0, smmu->base + CMDQ_PROD);
	writel_relaxed(0, smmu->base + CMDQ_CONS);
	writel(CR0_CMDQEN, smmu->base + CR0);
	return readl_poll_timeout(smmu->base + CR0ACK, ack, ack == CR0_CMDQEN,
				  1, ARM_SMMU_POLL_TIMEOUT_US);
}

static int glue_probe(struct platform_device *pdev)
{
	int ret = find_cmdqv(&pdev->dev);

	if (!ret)
		ret = start_smmu(pdev);
	if (!ret)
		ret = glue_smmu->impl_ops->device_reset(glue_smmu);
	if (!ret)
		ret = devm_add_action_or_reset(&pdev->dev, disable, NULL);
	if (ret)
		return ret;
	glue_smmu->iommu.fwnode = dev_fwnode(&pdev->dev);
	return iommu_device_register(&glue_smmu->iommu, &glue_ops, &pdev->dev);
}

static void glue_remove(struct platform_device *pdev)
{
	iommu_device_unregister(&glue_smmu->iommu);
}

static struct platform_driver glue_driver = {
	.driver = { .name = GLUE_NAME },
	.probe = glue_probe,
	.remove = glue_remove,
};
module_platform_driver(glue_driver);
