/* zonalWatch on ESP-IDF: one task waits in select for all descriptors and posts one message to the machine's task, in
 * which the callbacks run. A descriptor that is ready is left out of select until its callback has run.
 *
 * Shared by the two tasks, and guarded by gLock: the list, each watch's state and events, gPosted, gLeaving. */
#include <errno.h>
#include <sys/select.h>
#include <unistd.h>

#include "esp_err.h"
#include "esp_vfs_eventfd.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"

#include "xsmc.h"
#include "xsHost.h"
#include "zonal-port.h"

/* Bytes; select of lwIP and ESP-IDF's VFS keeps its sets on the stack. */
#define TASK_STACK 3072
/* That of the machine's own task. */
#define TASK_PRIORITY 4
/* Its wake-up, the resolver's, and the Ethernet address's. */
#define EVENT_DESCRIPTORS 3

/* Bits of a watch's state. */
#define SELECTED 1 /* the task is waiting for it */
#define READY 2 /* its callback is due */
#define FIRED_SHIFT 2 /* and for these events */

/* The SDK's main machine. */
extern xsMachine* gThe;

static SemaphoreHandle_t gLock;
static SemaphoreHandle_t gLeft; /* given once the task is out of select, where gLeaving asks for it */
static ZonalWatch* gWatches;
static int gWake = -1;
static int gPosted;
static int gLeaving;
static int gDelivering; /* the machine's task alone */

static void lock(void)
{
	(void)xSemaphoreTake(gLock, portMAX_DELAY);
}

static void unlock(void)
{
	(void)xSemaphoreGive(gLock);
}

static void wake(void)
{
	const uint64_t one = 1;
	if (write(gWake, &one, sizeof(one)) != sizeof(one))
		abort();
}

/* Runs in the machine's task. A callback may end any watch: the list is asked again after each. */
static void deliver(void* the, void* refcon, uint8_t* message, uint16_t length)
{
	ZonalWatch* watch;
	(void)the;
	(void)refcon;
	(void)message;
	(void)length;
	gDelivering = 1;
	lock();
	gPosted = 0;
	for (watch = gWatches; watch;) {
		if (!(watch->state & READY)) {
			watch = watch->next;
			continue;
		}
		watch->fired = watch->state >> FIRED_SHIFT;
		watch->state &= SELECTED;
		unlock();
		watch->ready(watch->data);
		lock();
		watch = gWatches;
	}
	unlock();
	gDelivering = 0;
	wake();
}

static int selectAll(fd_set* reads, fd_set* writes)
{
	ZonalWatch* watch;
	int most = gWake;
	FD_ZERO(reads);
	FD_ZERO(writes);
	FD_SET(gWake, reads);
	lock();
	for (watch = gWatches; watch; watch = watch->next) {
		if ((watch->state & READY) || !watch->events)
			continue;
		watch->state |= SELECTED;
		if (watch->events & ZONAL_READABLE)
			FD_SET(watch->fd, reads);
		if (watch->events & ZONAL_WRITABLE)
			FD_SET(watch->fd, writes);
		if (most < watch->fd)
			most = watch->fd;
	}
	unlock();
	return select(most + 1, reads, writes, NULL, NULL);
}

/* Returns 1 where the machine has to be told. */
static int takeReady(const fd_set* reads, const fd_set* writes, int count)
{
	ZonalWatch* watch;
	int isReady = 0;
	uint64_t ignored;
	if ((count > 0) && FD_ISSET(gWake, reads) && (read(gWake, &ignored, sizeof(ignored)) != sizeof(ignored)))
		abort();
	lock();
	for (watch = gWatches; watch; watch = watch->next) {
		if ((count > 0) && (watch->state & SELECTED)) {
			int fired = (FD_ISSET(watch->fd, reads) ? ZONAL_READABLE : 0) | (FD_ISSET(watch->fd, writes) ? ZONAL_WRITABLE : 0);
			/* What is not waited for any more is not told. */
			fired &= watch->events;
			if (fired) {
				watch->state |= READY | (fired << FIRED_SHIFT);
				isReady = 1;
			}
		}
		watch->state &= ~SELECTED;
	}
	isReady = isReady && !gPosted;
	if (isReady)
		gPosted = 1;
	if (gLeaving) {
		gLeaving = 0;
		(void)xSemaphoreGive(gLeft);
	}
	unlock();
	return isReady;
}

static void task(void* ignored)
{
	(void)ignored;
	for (;;) {
		fd_set reads, writes;
		int count = selectAll(&reads, &writes);
		if ((count < 0) && (errno != EINTR))
			abort();
		if (takeReady(&reads, &writes, count) && modMessagePostToMachine(gThe, NULL, 0, deliver, NULL))
			abort();
	}
}

static void start(void)
{
	const esp_vfs_eventfd_config_t config = { .max_fds = EVENT_DESCRIPTORS };
	if (gWake >= 0)
		return;
	gLock = xSemaphoreCreateMutex();
	gLeft = xSemaphoreCreateBinary();
	ESP_ERROR_CHECK(esp_vfs_eventfd_register(&config));
	gWake = eventfd(0, 0);
	if (!gLock || !gLeft || (gWake < 0) || (xTaskCreate(task, "select", TASK_STACK, NULL, TASK_PRIORITY, NULL) != pdPASS))
		abort();
}

int zonalEvents(void)
{
	start();
	return eventfd(0, 0);
}

void zonalWatch(ZonalWatch* watch, int fd, void (*ready)(void* data), void* data)
{
	start();
	zonalUnwatch(watch);
	watch->fd = fd;
	watch->ready = ready;
	watch->data = data;
	watch->active = 1;
	watch->events = ZONAL_READABLE;
	watch->state = 0;
	lock();
	watch->next = gWatches;
	gWatches = watch;
	unlock();
	wake();
}

void zonalWatchFor(ZonalWatch* watch, int events)
{
	int more;
	lock();
	more = events & ~watch->events;
	watch->events = events;
	unlock();
	/* `deliver` wakes the task when all callbacks have run. */
	if (more && !gDelivering)
		wake();
}

/* Returns once the task waits for the descriptor no more: the caller is about to close it. */
void zonalUnwatch(ZonalWatch* watch)
{
	ZonalWatch** at;
	int isSelected;
	if (!watch->active)
		return;
	watch->active = 0;
	lock();
	for (at = &gWatches; *at; at = &(*at)->next) {
		if (*at == watch) {
			*at = watch->next;
			break;
		}
	}
	isSelected = watch->state & SELECTED;
	if (isSelected)
		gLeaving = 1;
	unlock();
	if (isSelected) {
		wake();
		(void)xSemaphoreTake(gLeft, portMAX_DELAY);
	}
}
