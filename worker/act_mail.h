/* Sends the letters that are due. */

#ifndef BAAS_WORKER_ACT_MAIL_H
#define BAAS_WORKER_ACT_MAIL_H

struct world;

/*
 * Takes what is due to be sent, a few at a time, and sets w->mail_due to when this is to be called again at the latest
 * (wall clock).  Before it: whenever the database has changed.  Does nothing in a database that only reports.
 */
void act_mails(struct world *w);

#endif
