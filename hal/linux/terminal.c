/* Standard input as a terminal: the line is edited by us, not by the kernel. Its signals stay: Ctrl-C ends the program. */
#include "host.h"
#include "zonal-port.h"

#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static struct termios gBefore;
static int gIsOpen;

void terminalRestore(void)
{
	if (gIsOpen)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &gBefore);
	gIsOpen = 0;
}

int zonalConsoleOpen(void)
{
	struct termios raw;
	if (gIsOpen)
		return 1;
	/* A program in the background would be stopped for it. */
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || (tcgetpgrp(STDIN_FILENO) != getpgrp()) || tcgetattr(STDIN_FILENO, &gBefore))
		return 0;
	raw = gBefore;
	/* A carriage return comes as itself: the editor knows a line feed that belongs to it. */
	raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR);
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw))
		return 0;
	gIsOpen = 1;
	(void)atexit(terminalRestore);
	return 1;
}
