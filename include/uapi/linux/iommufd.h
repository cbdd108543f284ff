/* SPDX-License-Identifier: MIT */
/*
 * The /dev/iommu ABI, binary compatible with Linux 7.3 (compared with 7.3.4);
 * `uiommufd abi-check` compares it with another one.
 *
 * Every command is an ioctl number without direction or size; its argument is
 * a structure whose first member is its size in bytes.  A smaller size than
 * the structure here is fine down to a minimum (the missing tail reads as
 * zero, outputs in it are lost); a bigger one is fine while the tail is zero.
 *
 *   errno       means
 *   ---------   ----------------------------------------------------------
 *   ENOTTY      no such command
 *   E2BIG       the structure is longer than known here, its tail not zero
 *   EINVAL      size too small, or a field is wrong in itself
 *   EOPNOTSUPP  a flag, type, option or reserved field has a value that
 *               nobody here understands, or the IOMMU driver cannot do it
 *   ENOENT      no such ID, no object of the right type, or nothing mapped
 *   EBUSY       the object is in use, or IDs have run out
 *   EEXIST      the place asked for is taken
 *   EADDRINUSE  an address range collides with what is already there
 *   ENOSPC      no free address range of that length
 *   EOVERFLOW   the arithmetic of address and length overflows
 *   ERANGE      a length overflows when rounded to pages
 *   EMSGSIZE    the array is too short; the needed length was returned
 *   EFAULT      memory of the caller cannot be read or written, or pinned
 *               pages are not as needed
 *   EPERM       a privilege or a mapping permission is missing
 *   ENODEV      no compatibility IOAS
 *   ENXIO       mmap: no area at that offset and length
 *   ENOMEM      out of memory, or the locked-memory limit is reached
 *   EMFILE      no free file descriptor
 */
#ifndef _UAPI_IOMMUFD_H
#define _UAPI_IOMMUFD_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define IOMMUFD_TYPE (';')

enum {
	IOMMUFD_CMD_BASE = 0x80,
	IOMMUFD_CMD_DESTROY = IOMMUFD_CMD_BASE,
	IOMMUFD_CMD_IOAS_ALLOC = 0x81,
	IOMMUFD_CMD_IOAS_ALLOW_IOVAS = 0x82,
	IOMMUFD_CMD_IOAS_COPY = 0x83,
	IOMMUFD_CMD_IOAS_IOVA_RANGES = 0x84,
	IOMMUFD_CMD_IOAS_MAP = 0x85,
	IOMMUFD_CMD_IOAS_UNMAP = 0x86,
	IOMMUFD_CMD_OPTION = 0x87,
	IOMMUFD_CMD_VFIO_IOAS = 0x88,
	IOMMUFD_CMD_HWPT_ALLOC = 0x89,
	IOMMUFD_CMD_GET_HW_INFO = 0x8a,
	IOMMUFD_CMD_HWPT_SET_DIRTY_TRACKING = 0x8b,
	IOMMUFD_CMD_HWPT_GET_DIRTY_BITMAP = 0x8c,
	IOMMUFD_CMD_HWPT_INVALIDATE = 0x8d,
	IOMMUFD_CMD_FAULT_QUEUE_ALLOC = 0x8e,
	IOMMUFD_CMD_IOAS_MAP_FILE = 0x8f,
	IOMMUFD_CMD_VIOMMU_ALLOC = 0x90,
	IOMMUFD_CMD_VDEVICE_ALLOC = 0x91,
	IOMMUFD_CMD_IOAS_CHANGE_PROCESS = 0x92,
	IOMMUFD_CMD_VEVENTQ_ALLOC = 0x93,
	IOMMUFD_CMD_HW_QUEUE_ALLOC = 0x94,
	IOMMUFD_CMD_IOAS_NOIOMMU_GET_PA = 0x95,
};

/**
 * struct iommu_destroy - ioctl(IOMMU_DESTROY)
 * @size: sizeof(struct iommu_destroy)
 * @id: object of any type
 *
 * EBUSY while anything needs the object; devices and accesses belong to the
 * driver that made them and are always busy here.
 */
struct iommu_destroy {
	__u32 size;
	__u32 id;
};
#define IOMMU_DESTROY _IO(IOMMUFD_TYPE, IOMMUFD_CMD_DESTROY)

/**
 * struct iommu_ioas_alloc - ioctl(IOMMU_IOAS_ALLOC)
 * @size: sizeof(struct iommu_ioas_alloc)
 * @flags: must be 0
 * @out_ioas_id: the new, empty I/O address space
 */
struct iommu_ioas_alloc {
	__u32 size;
	__u32 flags;
	__u32 out_ioas_id;
};
#define IOMMU_IOAS_ALLOC _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_ALLOC)

/**
 * struct iommu_iova_range - a range of I/O virtual addresses
 * @start: first address
 * @last: last address, inclusive
 */
struct iommu_iova_range {
	__aligned_u64 start;
	__aligned_u64 last;
};

/**
 * struct iommu_ioas_iova_ranges - ioctl(IOMMU_IOAS_IOVA_RANGES)
 * @size: sizeof(struct iommu_ioas_iova_ranges)
 * @ioas_id: the IOAS
 * @num_iovas: in: room in the array; out: ranges there are
 * @__reserved: must be 0
 * @allowed_iovas: pointer to an array of struct iommu_iova_range
 * @out_iova_alignment: every IOVA and length must be a multiple of it
 *
 * Tells which addresses may be mapped.  EMSGSIZE when the array is too short:
 * what fits was written, and so was the structure.
 */
struct iommu_ioas_iova_ranges {
	__u32 size;
	__u32 ioas_id;
	__u32 num_iovas;
	__u32 __reserved;
	__aligned_u64 allowed_iovas;
	__aligned_u64 out_iova_alignment;
};
#define IOMMU_IOAS_IOVA_RANGES _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_IOVA_RANGES)

/**
 * struct iommu_ioas_allow_iovas - ioctl(IOMMU_IOAS_ALLOW_IOVAS)
 * @size: sizeof(struct iommu_ioas_allow_iovas)
 * @ioas_id: the IOAS
 * @num_iovas: length of the array; 0 allows everything again
 * @__reserved: must be 0
 * @allowed_iovas: pointer to an array of struct iommu_iova_range
 *
 * Automatic IOVAs are taken from these ranges only, and no device may come
 * that would reserve part of one.  Replaces the list given before.
 */
struct iommu_ioas_allow_iovas {
	__u32 size;
	__u32 ioas_id;
	__u32 num_iovas;
	__u32 __reserved;
	__aligned_u64 allowed_iovas;
};
#define IOMMU_IOAS_ALLOW_IOVAS _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_ALLOW_IOVAS)

/**
 * enum iommufd_ioas_map_flags - flags of MAP, MAP_FILE and COPY
 * @IOMMU_IOAS_MAP_FIXED_IOVA: use the given IOVA instead of choosing one
 * @IOMMU_IOAS_MAP_WRITEABLE: devices may write
 * @IOMMU_IOAS_MAP_READABLE: devices may read
 */
enum iommufd_ioas_map_flags {
	IOMMU_IOAS_MAP_FIXED_IOVA = 1 << 0,
	IOMMU_IOAS_MAP_WRITEABLE = 1 << 1,
	IOMMU_IOAS_MAP_READABLE = 1 << 2,
};

/**
 * struct iommu_ioas_map - ioctl(IOMMU_IOAS_MAP)
 * @size: sizeof(struct iommu_ioas_map)
 * @flags: enum iommufd_ioas_map_flags; READABLE or WRITEABLE or both
 * @ioas_id: the IOAS
 * @__reserved: must be 0
 * @user_va: first byte of the caller's memory
 * @length: bytes
 * @iova: in with FIXED_IOVA; out: where the memory is mapped
 */
struct iommu_ioas_map {
	__u32 size;
	__u32 flags;
	__u32 ioas_id;
	__u32 __reserved;
	__aligned_u64 user_va;
	__aligned_u64 length;
	__aligned_u64 iova;
};
#define IOMMU_IOAS_MAP _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_MAP)

/**
 * struct iommu_ioas_map_file - ioctl(IOMMU_IOAS_MAP_FILE)
 * @size: sizeof(struct iommu_ioas_map_file)
 * @flags: as for struct iommu_ioas_map
 * @ioas_id: the IOAS
 * @fd: memfd or dma-buf; may be closed afterwards
 * @start: first byte in the file
 * @length: bytes
 * @iova: as for struct iommu_ioas_map
 */
struct iommu_ioas_map_file {
	__u32 size;
	__u32 flags;
	__u32 ioas_id;
	__s32 fd;
	__aligned_u64 start;
	__aligned_u64 length;
	__aligned_u64 iova;
};
#define IOMMU_IOAS_MAP_FILE _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_MAP_FILE)

/**
 * struct iommu_ioas_copy - ioctl(IOMMU_IOAS_COPY)
 * @size: sizeof(struct iommu_ioas_copy)
 * @flags: as for struct iommu_ioas_map, for the destination
 * @dst_ioas_id: the IOAS that gets the mapping
 * @src_ioas_id: the IOAS that has it; may be the same
 * @length: bytes
 * @dst_iova: in with FIXED_IOVA; out: where it is mapped
 * @src_iova: first byte in the source
 *
 * Maps the same memory a second time, pinned and charged once.
 */
struct iommu_ioas_copy {
	__u32 size;
	__u32 flags;
	__u32 dst_ioas_id;
	__u32 src_ioas_id;
	__aligned_u64 length;
	__aligned_u64 dst_iova;
	__aligned_u64 src_iova;
};
#define IOMMU_IOAS_COPY _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_COPY)

/**
 * struct iommu_ioas_unmap - ioctl(IOMMU_IOAS_UNMAP)
 * @size: sizeof(struct iommu_ioas_unmap)
 * @ioas_id: the IOAS
 * @iova: first address; must begin a mapping
 * @length: in: bytes; out: bytes unmapped
 *
 * Whole mappings only.  @iova 0 with @length 2^64-1 unmaps everything.
 */
struct iommu_ioas_unmap {
	__u32 size;
	__u32 ioas_id;
	__aligned_u64 iova;
	__aligned_u64 length;
};
#define IOMMU_IOAS_UNMAP _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_UNMAP)

/**
 * enum iommufd_option - options of a context or an object
 * @IOMMU_OPTION_RLIMIT_MODE: @object_id 0.  0: pinned memory is charged to
 *	the user; 1: to the process.  Only while the context has no object.
 *	Setting needs CAP_SYS_RESOURCE.
 * @IOMMU_OPTION_HUGE_PAGES: @object_id an IOAS.  1 (default): page tables may
 *	use large pages; 0: they use single pages.
 */
enum iommufd_option {
	IOMMU_OPTION_RLIMIT_MODE = 0,
	IOMMU_OPTION_HUGE_PAGES = 1,
};

/** enum iommufd_option_ops - what IOMMU_OPTION does */
enum iommufd_option_ops {
	IOMMU_OPTION_OP_SET = 0,
	IOMMU_OPTION_OP_GET = 1,
};

/**
 * struct iommu_option - ioctl(IOMMU_OPTION)
 * @size: sizeof(struct iommu_option)
 * @option_id: enum iommufd_option
 * @op: enum iommufd_option_ops
 * @__reserved: must be 0
 * @object_id: the object, 0 for the context
 * @val64: the value, in or out
 */
struct iommu_option {
	__u32 size;
	__u32 option_id;
	__u16 op;
	__u16 __reserved;
	__u32 object_id;
	__aligned_u64 val64;
};
#define IOMMU_OPTION _IO(IOMMUFD_TYPE, IOMMUFD_CMD_OPTION)

/** enum iommufd_vfio_ioas_op - what IOMMU_VFIO_IOAS does */
enum iommufd_vfio_ioas_op {
	IOMMU_VFIO_IOAS_GET = 0,
	IOMMU_VFIO_IOAS_SET = 1,
	IOMMU_VFIO_IOAS_CLEAR = 2,
};

/**
 * struct iommu_vfio_ioas - ioctl(IOMMU_VFIO_IOAS)
 * @size: sizeof(struct iommu_vfio_ioas)
 * @ioas_id: SET: in; GET: out
 * @op: enum iommufd_vfio_ioas_op
 * @__reserved: must be 0
 *
 * The IOAS that the VFIO container commands of this file act on.
 */
struct iommu_vfio_ioas {
	__u32 size;
	__u32 ioas_id;
	__u16 op;
	__u16 __reserved;
};
#define IOMMU_VFIO_IOAS _IO(IOMMUFD_TYPE, IOMMUFD_CMD_VFIO_IOAS)

/**
 * enum iommufd_hwpt_alloc_flags - flags of IOMMU_HWPT_ALLOC
 * @IOMMU_HWPT_ALLOC_NEST_PARENT: nested page tables can be put on it
 * @IOMMU_HWPT_ALLOC_DIRTY_TRACKING: it can track writes by devices
 * @IOMMU_HWPT_FAULT_ID_VALID: @fault_id names a fault queue
 * @IOMMU_HWPT_ALLOC_PASID: it can be attached beside PASID attachments
 */
enum iommufd_hwpt_alloc_flags {
	IOMMU_HWPT_ALLOC_NEST_PARENT = 1 << 0,
	IOMMU_HWPT_ALLOC_DIRTY_TRACKING = 1 << 1,
	IOMMU_HWPT_FAULT_ID_VALID = 1 << 2,
	IOMMU_HWPT_ALLOC_PASID = 1 << 3,
};

/** enum iommu_hwpt_vtd_s1_flags - attributes of an Intel first-stage table */
enum iommu_hwpt_vtd_s1_flags {
	IOMMU_VTD_S1_SRE = 1 << 0,
	IOMMU_VTD_S1_EAFE = 1 << 1,
	IOMMU_VTD_S1_WPE = 1 << 2,
};

/**
 * struct iommu_hwpt_vtd_s1 - an Intel first-stage page table
 * @flags: enum iommu_hwpt_vtd_s1_flags
 * @pgtbl_addr: guest-physical address of its root
 * @addr_width: width of the input addresses
 * @__reserved: must be 0
 */
struct iommu_hwpt_vtd_s1 {
	__aligned_u64 flags;
	__aligned_u64 pgtbl_addr;
	__u32 addr_width;
	__u32 __reserved;
};

/**
 * struct iommu_hwpt_arm_smmuv3 - the guest's stream table entry
 * @ste: words 0 and 1, little endian, as the guest wrote them
 */
struct iommu_hwpt_arm_smmuv3 {
	__aligned_le64 ste[2];
};

/**
 * struct iommu_hwpt_amd_guest - the guest's AMD device table entry
 * @dte: the four words
 */
struct iommu_hwpt_amd_guest {
	__aligned_u64 dte[4];
};

/** enum iommu_hwpt_data_type - what @data_uptr of IOMMU_HWPT_ALLOC points to */
enum iommu_hwpt_data_type {
	IOMMU_HWPT_DATA_NONE = 0,
	IOMMU_HWPT_DATA_VTD_S1 = 1,
	IOMMU_HWPT_DATA_ARM_SMMUV3 = 2,
	IOMMU_HWPT_DATA_AMD_GUEST = 3,
};

/**
 * struct iommu_hwpt_alloc - ioctl(IOMMU_HWPT_ALLOC)
 * @size: sizeof(struct iommu_hwpt_alloc)
 * @flags: enum iommufd_hwpt_alloc_flags
 * @dev_id: device whose IOMMU the table is for; it is not attached
 * @pt_id: IOAS: a table that mirrors it; nesting parent or vIOMMU: a nested
 *	table that the user owns.  EINVAL if there is no such object.
 * @out_hwpt_id: the new page table
 * @__reserved: must be 0
 * @data_type: enum iommu_hwpt_data_type; NONE exactly if @data_len is 0
 * @data_len: bytes at @data_uptr
 * @data_uptr: what the IOMMU driver wants to know
 * @fault_id: fault queue, with IOMMU_HWPT_FAULT_ID_VALID
 * @__reserved2: padding
 */
struct iommu_hwpt_alloc {
	__u32 size;
	__u32 flags;
	__u32 dev_id;
	__u32 pt_id;
	__u32 out_hwpt_id;
	__u32 __reserved;
	__u32 data_type;
	__u32 data_len;
	__aligned_u64 data_uptr;
	__u32 fault_id;
	__u32 __reserved2;
};
#define IOMMU_HWPT_ALLOC _IO(IOMMUFD_TYPE, IOMMUFD_CMD_HWPT_ALLOC)

/** enum iommu_hw_info_vtd_flags - oddities of an Intel IOMMU */
enum iommu_hw_info_vtd_flags {
	IOMMU_HW_INFO_VTD_ERRATA_772415_SPR17 = 1 << 0,
};

/** struct iommu_hw_info_vtd - registers of an Intel IOMMU */
struct iommu_hw_info_vtd {
	__u32 flags;
	__u32 __reserved;
	__aligned_u64 cap_reg;
	__aligned_u64 ecap_reg;
};

/** enum iommu_hw_info_arm_smmuv3_flags - oddities of an SMMUv3 */
enum iommu_hw_info_arm_smmuv3_flags {
	IOMMU_HW_INFO_ARM_SMMUV3_ERRATA_REPEAT_TLBI_CFGI = 1 << 0,
};

/**
 * struct iommu_hw_info_arm_smmuv3 - registers of an SMMUv3
 * @flags: enum iommu_hw_info_arm_smmuv3_flags
 * @__reserved: 0
 * @idr: IDR0 to IDR5
 * @iidr: implementer and revision
 * @aidr: architecture version
 */
struct iommu_hw_info_arm_smmuv3 {
	__u32 flags;
	__u32 __reserved;
	__u32 idr[6];
	__u32 iidr;
	__u32 aidr;
};

/**
 * struct iommu_hw_info_tegra241_cmdqv - shape of the virtual command queues
 * @flags: 0
 * @version: version of the CMDQV block
 * @log2vcmdqs: log2 of the queues per virtual interface
 * @log2vsids: log2 of the stream ID pairs per virtual interface
 * @__reserved: 0
 */
struct iommu_hw_info_tegra241_cmdqv {
	__u32 flags;
	__u8 version;
	__u8 log2vcmdqs;
	__u8 log2vsids;
	__u8 __reserved;
};

/** struct iommu_hw_info_amd - extended feature registers of an AMD IOMMU */
struct iommu_hw_info_amd {
	__aligned_u64 efr;
	__aligned_u64 efr2;
};

/** enum iommu_hw_info_type - what GET_HW_INFO's data describes */
enum iommu_hw_info_type {
	IOMMU_HW_INFO_TYPE_NONE = 0,
	IOMMU_HW_INFO_TYPE_DEFAULT = 0,
	IOMMU_HW_INFO_TYPE_INTEL_VTD = 1,
	IOMMU_HW_INFO_TYPE_ARM_SMMUV3 = 2,
	IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV = 3,
	IOMMU_HW_INFO_TYPE_AMD = 4,
};

/**
 * enum iommufd_hw_capabilities - bits of @out_capabilities
 * @IOMMU_HW_CAP_DIRTY_TRACKING: page tables can track writes
 * @IOMMU_HW_CAP_PCI_PASID_EXEC: execute permission is enabled on the device
 * @IOMMU_HW_CAP_PCI_PASID_PRIV: privileged mode is enabled on the device
 * @IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED: set when ATS is not supported
 */
enum iommufd_hw_capabilities {
	IOMMU_HW_CAP_DIRTY_TRACKING = 1 << 0,
	IOMMU_HW_CAP_PCI_PASID_EXEC = 1 << 1,
	IOMMU_HW_CAP_PCI_PASID_PRIV = 1 << 2,
	IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED = 1 << 3,
};

/** enum iommufd_hw_info_flags - flags of IOMMU_GET_HW_INFO */
enum iommufd_hw_info_flags {
	IOMMU_HW_INFO_FLAG_INPUT_TYPE = 1 << 0,
};

/**
 * struct iommu_hw_info - ioctl(IOMMU_GET_HW_INFO)
 * @size: sizeof(struct iommu_hw_info)
 * @flags: enum iommufd_hw_info_flags
 * @dev_id: a device behind the IOMMU
 * @data_len: in: room at @data_uptr; out: bytes the driver has to tell.  The
 *	room is filled as far as possible and the rest of it zeroed.
 * @data_uptr: the structure that @out_data_type names
 * @in_data_type: enum iommu_hw_info_type wanted, with FLAG_INPUT_TYPE
 * @out_data_type: enum iommu_hw_info_type given
 * @out_max_pasid_log2: log2 of the number of PASIDs, 0: none
 * @__reserved: must be 0
 * @out_capabilities: enum iommufd_hw_capabilities
 */
struct iommu_hw_info {
	__u32 size;
	__u32 flags;
	__u32 dev_id;
	__u32 data_len;
	__aligned_u64 data_uptr;
	union {
		__u32 in_data_type;
		__u32 out_data_type;
	};
	__u8 out_max_pasid_log2;
	__u8 __reserved[3];
	__aligned_u64 out_capabilities;
};
#define IOMMU_GET_HW_INFO _IO(IOMMUFD_TYPE, IOMMUFD_CMD_GET_HW_INFO)

/** enum iommufd_hwpt_set_dirty_tracking_flags - flags of SET_DIRTY_TRACKING */
enum iommufd_hwpt_set_dirty_tracking_flags {
	IOMMU_HWPT_DIRTY_TRACKING_ENABLE = 1,
};

/**
 * struct iommu_hwpt_set_dirty_tracking - ioctl(IOMMU_HWPT_SET_DIRTY_TRACKING)
 * @size: sizeof(struct iommu_hwpt_set_dirty_tracking)
 * @flags: ENABLE or 0
 * @hwpt_id: page table allocated with IOMMU_HWPT_ALLOC_DIRTY_TRACKING
 * @__reserved: not looked at
 */
struct iommu_hwpt_set_dirty_tracking {
	__u32 size;
	__u32 flags;
	__u32 hwpt_id;
	__u32 __reserved;
};
#define IOMMU_HWPT_SET_DIRTY_TRACKING \
	_IO(IOMMUFD_TYPE, IOMMUFD_CMD_HWPT_SET_DIRTY_TRACKING)

/** enum iommufd_hwpt_get_dirty_bitmap_flags - flags of GET_DIRTY_BITMAP */
enum iommufd_hwpt_get_dirty_bitmap_flags {
	IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR = 1,
};

/**
 * struct iommu_hwpt_get_dirty_bitmap - ioctl(IOMMU_HWPT_GET_DIRTY_BITMAP)
 * @size: sizeof(struct iommu_hwpt_get_dirty_bitmap)
 * @hwpt_id: the page table
 * @flags: NO_CLEAR leaves the dirty state as it is
 * @__reserved: must be 0
 * @iova: first address of the range
 * @length: bytes
 * @page_size: bytes that one bit stands for
 * @data: pointer to the bitmap; bits are set, never cleared
 */
struct iommu_hwpt_get_dirty_bitmap {
	__u32 size;
	__u32 hwpt_id;
	__u32 flags;
	__u32 __reserved;
	__aligned_u64 iova;
	__aligned_u64 length;
	__aligned_u64 page_size;
	__aligned_u64 data;
};
#define IOMMU_HWPT_GET_DIRTY_BITMAP \
	_IO(IOMMUFD_TYPE, IOMMUFD_CMD_HWPT_GET_DIRTY_BITMAP)

/** enum iommu_hwpt_invalidate_data_type - entries of IOMMU_HWPT_INVALIDATE */
enum iommu_hwpt_invalidate_data_type {
	IOMMU_HWPT_INVALIDATE_DATA_VTD_S1 = 0,
	IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3 = 1,
};

/** enum iommu_hwpt_vtd_s1_invalidate_flags - flags of an Intel entry */
enum iommu_hwpt_vtd_s1_invalidate_flags {
	IOMMU_VTD_INV_FLAGS_LEAF = 1 << 0,
};

/**
 * struct iommu_hwpt_vtd_s1_invalidate - drop cached Intel translations
 * @addr: first address; 0 with @npages 2^64-1 means all
 * @npages: number of 4 KiB pages
 * @flags: enum iommu_hwpt_vtd_s1_invalidate_flags
 * @__reserved: must be 0
 */
struct iommu_hwpt_vtd_s1_invalidate {
	__aligned_u64 addr;
	__aligned_u64 npages;
	__u32 flags;
	__u32 __reserved;
};

/**
 * struct iommu_viommu_arm_smmuv3_invalidate - one command of the guest's queue
 * @cmd: the command, little endian: a TLB, ATC or configuration invalidation
 */
struct iommu_viommu_arm_smmuv3_invalidate {
	__aligned_le64 cmd[2];
};

/**
 * struct iommu_hwpt_invalidate - ioctl(IOMMU_HWPT_INVALIDATE)
 * @size: sizeof(struct iommu_hwpt_invalidate)
 * @hwpt_id: nested page table, or vIOMMU
 * @data_uptr: pointer to the array of entries
 * @data_type: enum iommu_hwpt_invalidate_data_type
 * @entry_len: bytes of one entry
 * @entry_num: in: entries; out: entries handled
 * @__reserved: must be 0
 *
 * The structure is written back on every path, also on errors.  No entries:
 * asks whether @data_type is understood.
 */
struct iommu_hwpt_invalidate {
	__u32 size;
	__u32 hwpt_id;
	__aligned_u64 data_uptr;
	__u32 data_type;
	__u32 entry_len;
	__u32 entry_num;
	__u32 __reserved;
};
#define IOMMU_HWPT_INVALIDATE _IO(IOMMUFD_TYPE, IOMMUFD_CMD_HWPT_INVALIDATE)

/**
 * enum iommu_hwpt_pgfault_flags - flags of a page fault
 * @IOMMU_PGFAULT_FLAGS_PASID_VALID: @pasid counts
 * @IOMMU_PGFAULT_FLAGS_LAST_PAGE: last record of its group
 */
enum iommu_hwpt_pgfault_flags {
	IOMMU_PGFAULT_FLAGS_PASID_VALID = 1 << 0,
	IOMMU_PGFAULT_FLAGS_LAST_PAGE = 1 << 1,
};

/** enum iommu_hwpt_pgfault_perm - permissions that the device asked for */
enum iommu_hwpt_pgfault_perm {
	IOMMU_PGFAULT_PERM_READ = 1 << 0,
	IOMMU_PGFAULT_PERM_WRITE = 1 << 1,
	IOMMU_PGFAULT_PERM_EXEC = 1 << 2,
	IOMMU_PGFAULT_PERM_PRIV = 1 << 3,
};

/**
 * struct iommu_hwpt_pgfault - one record read from a fault queue
 * @flags: enum iommu_hwpt_pgfault_flags
 * @dev_id: the device
 * @pasid: the process address space
 * @grpid: the device's number of the group
 * @perm: enum iommu_hwpt_pgfault_perm
 * @__reserved: 0
 * @addr: the address
 * @length: 0
 * @cookie: answers the whole group
 */
struct iommu_hwpt_pgfault {
	__u32 flags;
	__u32 dev_id;
	__u32 pasid;
	__u32 grpid;
	__u32 perm;
	__u32 __reserved;
	__aligned_u64 addr;
	__u32 length;
	__u32 cookie;
};

/** enum iommufd_page_response_code - answers to a group of page faults */
enum iommufd_page_response_code {
	IOMMUFD_PAGE_RESP_SUCCESS = 0,
	IOMMUFD_PAGE_RESP_INVALID = 1,
};

/**
 * struct iommu_hwpt_page_response - one record written to a fault queue
 * @cookie: from the records of the group
 * @code: enum iommufd_page_response_code
 */
struct iommu_hwpt_page_response {
	__u32 cookie;
	__u32 code;
};

/**
 * struct iommu_fault_alloc - ioctl(IOMMU_FAULT_QUEUE_ALLOC)
 * @size: sizeof(struct iommu_fault_alloc)
 * @flags: must be 0
 * @out_fault_id: the queue, for IOMMU_HWPT_ALLOC
 * @out_fault_fd: read struct iommu_hwpt_pgfault from it, write struct
 *	iommu_hwpt_page_response to it.  Reads do not block.
 */
struct iommu_fault_alloc {
	__u32 size;
	__u32 flags;
	__u32 out_fault_id;
	__u32 out_fault_fd;
};
#define IOMMU_FAULT_QUEUE_ALLOC _IO(IOMMUFD_TYPE, IOMMUFD_CMD_FAULT_QUEUE_ALLOC)

/** enum iommu_viommu_type - kinds of virtual IOMMU */
enum iommu_viommu_type {
	IOMMU_VIOMMU_TYPE_DEFAULT = 0,
	IOMMU_VIOMMU_TYPE_ARM_SMMUV3 = 1,
	IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV = 2,
};

/**
 * struct iommu_viommu_tegra241_cmdqv - a virtual interface of the CMDQV
 * @out_vintf_mmap_offset: for mmap on the iommufd file
 * @out_vintf_mmap_length: bytes; map exactly that much
 */
struct iommu_viommu_tegra241_cmdqv {
	__aligned_u64 out_vintf_mmap_offset;
	__aligned_u64 out_vintf_mmap_length;
};

/**
 * struct iommu_viommu_alloc - ioctl(IOMMU_VIOMMU_ALLOC)
 * @size: sizeof(struct iommu_viommu_alloc)
 * @flags: must be 0
 * @type: enum iommu_viommu_type, not DEFAULT
 * @dev_id: a device behind the physical IOMMU
 * @hwpt_id: page table allocated with IOMMU_HWPT_ALLOC_NEST_PARENT
 * @out_viommu_id: the slice of the physical IOMMU that a guest gets
 * @data_len: bytes at @data_uptr
 * @__reserved: not looked at
 * @data_uptr: structure that goes with @type, in and out
 */
struct iommu_viommu_alloc {
	__u32 size;
	__u32 flags;
	__u32 type;
	__u32 dev_id;
	__u32 hwpt_id;
	__u32 out_viommu_id;
	__u32 data_len;
	__u32 __reserved;
	__aligned_u64 data_uptr;
};
#define IOMMU_VIOMMU_ALLOC _IO(IOMMUFD_TYPE, IOMMUFD_CMD_VIOMMU_ALLOC)

/**
 * struct iommu_vdevice_alloc - ioctl(IOMMU_VDEVICE_ALLOC)
 * @size: sizeof(struct iommu_vdevice_alloc)
 * @viommu_id: the virtual IOMMU that the guest sees in front of the device
 * @dev_id: the device, not yet behind any virtual IOMMU
 * @out_vdevice_id: the device as that guest sees it
 * @virt_id: the ID by which the guest's IOMMU knows the device: an SMMUv3
 *	StreamID, an AMD DeviceID, an Intel requester ID.  The kernel uses it
 *	to find the device behind a guest's invalidation command and to name
 *	the device in events.  One device per @virt_id and virtual IOMMU.
 */
struct iommu_vdevice_alloc {
	__u32 size;
	__u32 viommu_id;
	__u32 dev_id;
	__u32 out_vdevice_id;
	__aligned_u64 virt_id;
};
#define IOMMU_VDEVICE_ALLOC _IO(IOMMUFD_TYPE, IOMMUFD_CMD_VDEVICE_ALLOC)

/**
 * struct iommu_ioas_change_process - ioctl(IOMMU_IOAS_CHANGE_PROCESS)
 * @size: sizeof(struct iommu_ioas_change_process)
 * @__reserved: must be 0
 *
 * Charges all file mappings of the context to the calling process.
 */
struct iommu_ioas_change_process {
	__u32 size;
	__u32 __reserved;
};
#define IOMMU_IOAS_CHANGE_PROCESS \
	_IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_CHANGE_PROCESS)

/**
 * enum iommu_veventq_flag - flags of struct iommufd_vevent_header
 * @IOMMU_VEVENTQ_FLAG_LOST_EVENTS: events were lost here; no payload follows
 */
enum iommu_veventq_flag {
	IOMMU_VEVENTQ_FLAG_LOST_EVENTS = 1U << 0,
};

/**
 * struct iommufd_vevent_header - begins each record read from a vEVENTQ
 * @flags: enum iommu_veventq_flag
 * @sequence: number of the event, 0 to INT_MAX and round; a gap shows a loss
 */
struct iommufd_vevent_header {
	__u32 flags;
	__u32 sequence;
};

/** enum iommu_veventq_type - kinds of virtual event queue */
enum iommu_veventq_type {
	IOMMU_VEVENTQ_TYPE_DEFAULT = 0,
	IOMMU_VEVENTQ_TYPE_ARM_SMMUV3 = 1,
	IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV = 2,
};

/**
 * struct iommu_vevent_arm_smmuv3 - an SMMUv3 event record
 * @evt: little endian, with the guest's StreamID in place
 */
struct iommu_vevent_arm_smmuv3 {
	__aligned_le64 evt[4];
};

/**
 * struct iommu_vevent_tegra241_cmdqv - errors of a virtual interface
 * @lvcmdq_err_map: a bit for each of its queues, little endian
 */
struct iommu_vevent_tegra241_cmdqv {
	__aligned_le64 lvcmdq_err_map[2];
};

/**
 * struct iommu_veventq_alloc - ioctl(IOMMU_VEVENTQ_ALLOC)
 * @size: sizeof(struct iommu_veventq_alloc)
 * @flags: must be 0
 * @viommu_id: the virtual IOMMU
 * @type: enum iommu_veventq_type, not DEFAULT; one queue of a type
 * @veventq_depth: events it keeps, 1 to 2^19
 * @out_veventq_id: the queue
 * @out_veventq_fd: read records from it.  Reads do not block.
 * @__reserved: must be 0
 */
struct iommu_veventq_alloc {
	__u32 size;
	__u32 flags;
	__u32 viommu_id;
	__u32 type;
	__u32 veventq_depth;
	__u32 out_veventq_id;
	__u32 out_veventq_fd;
	__u32 __reserved;
};
#define IOMMU_VEVENTQ_ALLOC _IO(IOMMUFD_TYPE, IOMMUFD_CMD_VEVENTQ_ALLOC)

/** enum iommu_hw_queue_type - kinds of hardware queue */
enum iommu_hw_queue_type {
	IOMMU_HW_QUEUE_TYPE_DEFAULT = 0,
	IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV = 1,
};

/**
 * struct iommu_hw_queue_alloc - ioctl(IOMMU_HW_QUEUE_ALLOC)
 * @size: sizeof(struct iommu_hw_queue_alloc)
 * @flags: must be 0
 * @viommu_id: the virtual IOMMU
 * @type: enum iommu_hw_queue_type, not DEFAULT
 * @index: number of the queue within the virtual IOMMU
 * @out_hw_queue_id: the queue
 * @nesting_parent_iova: where its memory begins in the guest.  The memory must
 *	be mapped readable there and be physically contiguous; it cannot be
 *	unmapped while the queue lives.
 * @length: bytes
 */
struct iommu_hw_queue_alloc {
	__u32 size;
	__u32 flags;
	__u32 viommu_id;
	__u32 type;
	__u32 index;
	__u32 out_hw_queue_id;
	__aligned_u64 nesting_parent_iova;
	__aligned_u64 length;
};
#define IOMMU_HW_QUEUE_ALLOC _IO(IOMMUFD_TYPE, IOMMUFD_CMD_HW_QUEUE_ALLOC)

/**
 * struct iommu_ioas_noiommu_get_pa - ioctl(IOMMU_IOAS_NOIOMMU_GET_PA)
 * @size: sizeof(struct iommu_ioas_noiommu_get_pa)
 * @flags: must be 0
 * @ioas_id: an IOAS that a device without IOMMU uses
 * @__reserved: must be 0
 * @iova: the address
 * @length: in: at most; out: physically contiguous bytes from @iova
 * @out_phys: the physical address
 *
 * Needs CAP_SYS_RAWIO.
 */
struct iommu_ioas_noiommu_get_pa {
	__u32 size;
	__u32 flags;
	__u32 ioas_id;
	__u32 __reserved;
	__aligned_u64 iova;
	__aligned_u64 length;
	__aligned_u64 out_phys;
};
#define IOMMU_IOAS_NOIOMMU_GET_PA \
	_IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_NOIOMMU_GET_PA)

#endif
