/* SPDX-License-Identifier: MIT */
/*
 * Descriptor numbers that the library alone knows.
 *
 * They lie above those of the system, which knows nothing of them: no system
 * call is made for them, and a snapshot brings them back.  There are 64 in a
 * process, for explorers and fuzzers.
 */
#ifndef UIK_VIRTUAL_H
#define UIK_VIRTUAL_H

#include <stdbool.h>
#include <uik/abi.h>

/**
 * uik_fd_virtual - whether every new number of the process is one.
 *
 * Context: nobody else makes numbers meanwhile.
 */
void uik_fd_virtual(bool on) __uik_export;
/**
 * uik_fd_virtual_claim - the calling thread's new numbers are such ones.
 *
 * Until uik_fd_virtual_release(); before that all of them are closed.
 * Return: false if others have them.
 */
bool uik_fd_virtual_claim(void) __uik_export;
/** uik_fd_virtual_release - what uik_fd_virtual_claim() gave. */
void uik_fd_virtual_release(void) __uik_export;
/** uik_fd_is_virtual - whether @fd is such a number, in use. */
bool uik_fd_is_virtual(int fd) __uik_export;
/** uik_fd_next_virtual - the next in use after @fd; -1: there are no more. */
int uik_fd_next_virtual(int fd) __uik_export;
/** uik_fd_close_virtual - close all of them; returns how many there were. */
unsigned int uik_fd_close_virtual(void) __uik_export;

#endif
