/* The places of TCP connections and listeners: tcp.c and tcp-listener.c are the methods of the objects that have them. */
#ifndef ZONAL_TCP_PLACES_H
#define ZONAL_TCP_PLACES_H

#include "address.h"

#define STREAM_CONNECTING 0
#define STREAM_OPEN 1
#define STREAM_CLOSED 2

/* What stands for no place. */
#define NONE (-1)

/* `error` of a connection that both sides finished, or that was closed. */
#define NO_FAULT (-1)

typedef struct {
	xsMachine* machine;
	xsSlot self; /* keeps the object while the place is taken */
	xsSlot onChanged;
	ZonalWatch watch;
	ZonalTimer timer; /* tells what connect() answered at once */
	Address peer;
	int fd;
	int error; /* errno, NO_FAULT, or 0 while there is none */
	uint16_t localPort;
	uint8_t isTaken;
	uint8_t isListener;
	uint8_t hasObject;
	uint8_t state;
	uint8_t finished; /* our FIN is under way, or waits for the connection */
	uint8_t ended; /* the peer's FIN was told */
	uint8_t drained; /* the loss was told */
} Tcp;

/* What closed objects refer to. */
extern Tcp gTcpClosed;

/* Returns NULL where no place is free. */
Tcp* takeTcp(xsMachine* the, int fd);
/* The number of a place, from 0, and the place of a number; NULL where there is none. */
int numberOfTcp(const Tcp* tcp);
Tcp* tcpAt(int number);
/* Gives a place its object. */
void bindTcp(Tcp* tcp, xsSlot* self, xsSlot* onChanged);
/* Watches for ZONAL_READABLE or ZONAL_WRITABLE too. */
void wantTcp(Tcp* tcp, int events);
/* Does nothing where it is closed already. */
void closeTcp(Tcp* tcp);

/* Returns NULL or the name of the step that failed, with errno. */
const char* prepareStream(int fd);
/* Makes close() send a reset. */
void resetStream(int fd);

#endif
