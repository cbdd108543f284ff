/* SPDX-License-Identifier: MIT */
/*
 * Address spaces and users that tasks belong to.
 *
 * The process has one address space of its own, which never goes away.  An
 * address space of another process is named by a pid and is only as good as
 * that process: once it is gone, touching it fails.
 */
#ifndef UIK_MM_H
#define UIK_MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uik/abi.h>

struct mm_struct;
struct user_struct;

/** uik_mm_self - this process's own address space; counted for the caller. */
struct mm_struct *uik_mm_self(void) __uik_export;
/**
 * uik_mm_foreign - another process's address space.
 * @pid: of one of its threads; the caller's own process gives uik_mm_self()
 *
 * Two calls for one process give the same structure.
 * Return: counted for the caller; NULL if there is no such process or too many
 * (256) are in use.
 */
struct mm_struct *uik_mm_foreign(int pid) __uik_export;
void uik_mm_get(struct mm_struct *mm) __uik_export;
/** uik_mm_put - drop; a foreign one is forgotten with its last user. */
void uik_mm_put(struct mm_struct *mm) __uik_export;
/** uik_mm_alive - whether its process still exists. */
bool uik_mm_alive(struct mm_struct *mm) __uik_export;

/**
 * uik_user_of - the locked-page counter of a uid.
 *
 * Return: counted for the caller, one structure per uid; NULL if too many
 * (256) are in use.
 */
struct user_struct *uik_user_of(uint32_t uid) __uik_export;
void uik_user_get(struct user_struct *user) __uik_export;
void uik_user_put(struct user_struct *user) __uik_export;

#endif
