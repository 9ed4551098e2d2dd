// Members of what is sent and answered have the names of the control API: rtk.control("GET", "openapi.json") describes it.

declare global {
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

export type EventType =
  | "meeting.started"
  | "meeting.ended"
  | "meeting.participantJoined"
  | "meeting.participantLeft"
  | "meeting.chatSynced"
  | "recording.statusUpdate"
  | "livestreaming.statusUpdate"
  | "meeting.transcript"
  | "meeting.summary";

/** All event types. */
export const events: EventType[];

/** What went wrong, in one line. */
export class RtkmockError extends Error {
  /** The status of the control API's answer, if one came. */
  status?: number;
}

/** Starts a stand-in for the service, on a free port, and resolves when it answers. It ends with stop(), or with this process. */
export function start(options?: StartOptions): Promise<Rtkmock>;

/** Speaks to a stand-in that was started elsewhere, such as by "rtkmock serve -- COMMAND", which sets RTKMOCK_CONTROL_URL. */
export function connect(controlUrl: string | undefined): Promise<Rtkmock>;

export interface StartOptions {
  /** The webhook of the app under test, if its URL is known already. It is registered again by reset(). */
  webhook?: string | URLLike;
  /** What that webhook subscribes to; without it, all events. */
  events?: EventType[];
  /** Answers the host names of the service for apps that have them in their source: env() leads them here. hosts are more names. */
  intercept?: boolean | { hosts?: string[] };
  /** How much of the waits between attempts is waited: 1, the default, all of it, 0.1 a tenth, 0 nothing. */
  timeScale?: number;
  /** HOST:PORT to listen at; without it, a free port of this machine. */
  listen?: string;
  /** A file with the signing key, as "rtkmock key new" makes it; without it, a fresh one. */
  key?: string;
  /** Fixes all names and ids. */
  seed?: number | bigint;
  /** More flags of "rtkmock serve", such as "--processing-time=0". */
  flags?: string[];
  /** Gets what the server logs. */
  log?: (text: string) => void;
  /** Milliseconds that it may take to start; 30,000 without it. */
  timeout?: number;
  /** The path of another rtkmock. */
  binary?: string;
}

export interface Rtkmock {
  /** Where the receiver finds the key. */
  readonly keyUrl: string;
  /** The base URL of the REST API, for an SDK. */
  readonly apiUrl: string;
  /** The base URL of the control API. */
  readonly controlUrl: string;

  /** Registers a webhook, for all events unless options name some. */
  webhook(url: string | URLLike, options?: { events?: EventType[]; name?: string; enabled?: boolean } & AppName): Promise<Webhook>;
  /** Makes an event happen. Its deliveries are on their way then: see waitQuiet. */
  emit<E extends EventType>(event: E, options?: Emission): Promise<Emitted<E>>;
  /** Makes a meeting, or finds the one with an id. */
  meeting(how?: string | MeetingRequest): Promise<Meeting>;
  /** Plays a scenario to its end: one of the library by its name, or one of your own. */
  play(scenario: string | object, options?: { speed?: number; seed?: number; meeting_id?: string; set?: Members } & AppName): Promise<Play>;
  /** Deliveries in the order in which they were made. */
  deliveries(filter?: DeliveryFilter): Promise<DeliverySummary[]>;
  /** A delivery with its bytes, its attempts and the answers. */
  delivery(id: number): Promise<Delivery>;
  /** Sends the bytes of a delivery again. */
  resend(id: number, options?: { new_uuid?: boolean }): Promise<DeliverySummary>;
  /** Waits until nothing is pending, for 30,000 ms unless it says otherwise. Fails after that, and names what is pending. */
  waitQuiet(options?: { timeout?: number }): Promise<Health>;
  /** Has the key endpoint fail, until it is told "none". */
  keyFault(fault: KeyFault): Promise<Key>;
  /** Has the REST API fail, until it is told "none". */
  apiFault(fault: ApiFault): Promise<{ fault: string }>;
  /** The signing key, and how often it was fetched. */
  key(): Promise<Key>;
  /** Signs with a fresh key from now on. */
  rotateKey(): Promise<Key>;
  /** Scales the waits between attempts, or moves the time in the meetings forward. */
  clock(change: { scale?: number; advance_ms?: number }): Promise<{ scale: number; now: string }>;
  /** Any other call of the control API, such as control("GET", "snapshot"). */
  control(method: string, path: string, body?: unknown): Promise<any>;
  /** Removes all but the key, and is as start() left it. Nothing of before is sent afterwards. */
  reset(): Promise<void>;

  /** The variables that the app under test needs: the URLs and, with intercept, what leads the names of the service here. */
  env(): Record<string, string>;
  /** Starts the app under test with env(). It ends with stop(), or with this process. */
  run(command: string[], options?: RunOptions): Promise<App>;
  /** Does as run does, and leads the host names of the service here. Needs start({ intercept: true }). */
  withInterception(command: string[], options?: RunOptions): Promise<App>;

  /** Ends it, and the apps that it started. Nothing is left of them. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface RunOptions {
  /** A URL at whose host and port the app listens when it is ready. Without it, run does not wait. */
  listens?: string | URLLike;
  /** Milliseconds that this may take; 30,000 without it. */
  timeout?: number;
  cwd?: string;
  /** More variables, or others than this process has. */
  env?: Record<string, string | undefined>;
  /** Gets what the app prints. */
  log?: (text: string) => void;
}

export interface App {
  /** The end of what it has printed. */
  readonly output: string;
  /** Resolves when it has ended. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  /** Asks it to end, then ends it, with all that it has started. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Meeting {
  readonly id: string;
  /** Somebody joins, in a new session if none is live. Whom nobody knows is added. */
  join(who?: Who): Promise<Happened>;
  /** Somebody leaves. The last one ends the session, after its keep-alive. */
  leave(who?: Who): Promise<Happened>;
  /** The host ends the session. */
  end(): Promise<Happened>;
  record(action?: "start" | "stop" | "pause" | "resume"): Promise<{ id: string; status: string; events: EventType[]; [member: string]: any }>;
  livestream(action?: "start" | "stop"): Promise<{ id: string; status: string; events: EventType[]; [member: string]: any }>;
  /** The chat, transcript or summary of the last session becomes available. */
  artifact(kind: "chat" | "transcript" | "summary"): Promise<Happened>;
  /** Moves a recording to its next status, or to another one. */
  advance(recording: string, status?: "UPLOADING" | "UPLOADED" | "ERRORED"): Promise<Happened>;
  /** The meeting as it is now. */
  look(): Promise<MeetingState>;
}

/** A name, or one of these members. */
export type Who = string | { name?: string; custom_participant_id?: string; participant_id?: string };

/** Members of a body by dotted path, such as "meeting.title". */
export type Members = Record<string, unknown>;

export interface AppName {
  account_id?: string;
  app_id?: string;
}

export interface URLLike {
  readonly href: string;
  toString(): string;
}

export interface Emission extends AppName {
  /** The meeting; one that nobody knows is made. */
  meeting_id?: string;
  /** Names the meeting instead, where its id does not matter. */
  meeting?: string;
  /** Names the participant. */
  who?: string;
  /** Names the recording or livestream. */
  which?: string;
  /** Members of the body to change. */
  set?: Members;
  /** Members of the body to remove. */
  unset?: string[];
  /** Changes after signing, such as "signature/other-key": "rtkmock help send" lists them. */
  mutations?: string[];
  /** What goes wrong on the way, such as { attempt: 1, fault: "lose-response" }. */
  faults?: Fault[];
}

/** The attempt that it is about: without one, all. The chance is 1 unless it says. */
export interface Fault {
  fault: string;
  attempt?: number;
  chance?: number;
}

export interface Emitted<E extends EventType = EventType> {
  account_id: string;
  app_id: string;
  event: E;
  meeting_id: string;
  made?: boolean;
  /** Why nobody gets the event, if nobody does. */
  note?: string;
  /** The bytes that are sent. */
  body: Text;
  /** The body, parsed. */
  payload: { event: E; [member: string]: any };
  deliveries: DeliverySummary[];
  unsubscribed: number;
}

/** Bytes: a string if they are UTF-8. */
export type Text = string | { base64: string };

export interface Webhook extends Required<AppName> {
  id: string;
  name: string;
  url: string;
  events: EventType[];
  enabled: boolean;
  created_at: string;
  updated_at: string;
  health?: "healthy" | "reduced" | "probing";
  pending?: number;
}

export interface MeetingRequest extends AppName {
  id?: string;
  title?: string | null;
  status?: "ACTIVE" | "INACTIVE";
  record_on_start?: boolean | null;
  live_stream_on_start?: boolean | null;
  persist_chat?: boolean | null;
  summarize_on_end?: boolean | null;
  transcribe_on_end?: boolean | null;
  session_keep_alive_time_in_secs?: number | null;
  recording_config?: object;
  ai_config?: object;
}

export interface MeetingState extends Required<AppName> {
  id: string;
  title: string;
  status: string;
  session?: { id: string; [member: string]: any };
  sessions: number;
  present: { custom_participant_id: string; name: string }[];
  recordings: { id: string; status: string; [member: string]: any }[];
  livestream?: { id: string; status: string; [member: string]: any };
  ready: ("chat" | "transcript" | "summary")[];
  [member: string]: any;
}

export interface Happened {
  meeting_id: string;
  session_id: string;
  participant?: { id: string; [member: string]: any };
  recording?: { id: string; status: string; [member: string]: any };
  /** The events that it caused, in their order. */
  events: EventType[];
  made?: boolean;
  /** Why nobody gets one of the events, if nobody does. */
  note?: string;
}

/**
 * pending: an attempt is under way or will follow. delivered: answered 2xx. failed: answered with another status below 500,
 * which is final. exhausted: no attempt is left.
 */
export type State = "pending" | "delivered" | "failed" | "exhausted" | "abandoned" | "not-tried" | "dropped";

export interface DeliveryFilter extends AppName {
  event?: EventType;
  state?: State;
  webhook_id?: string;
  meeting_id?: string;
  uuid?: string;
  play?: number;
  /** With a lower id. */
  before?: number;
  /** With a higher id. */
  after?: number;
  /** The latest so many. */
  limit?: number;
}

interface DeliveryBase extends Required<AppName> {
  id: number;
  /** The rtk-webhook-id. */
  webhook_id: string;
  url: string;
  /** The rtk-uuid of the first attempt. */
  uuid: string;
  event: EventType;
  emitted_at: string;
  meeting_id?: string;
  resend_of?: number;
  play?: number;
  mutations?: string[];
  state: State;
  reason?: string;
  next_at?: string;
  ended_at?: string;
}

export interface DeliverySummary extends DeliveryBase {
  /** How many attempts there were. */
  attempts: number;
  /** Of the last answer; 0 if no complete one came. */
  status: number;
  class?: string;
  error?: string;
  took_ms: number;
}

export interface Delivery extends DeliveryBase {
  body: Text;
  faults?: Fault[];
  attempts: Attempt[];
}

export interface Attempt {
  n: number;
  at: string;
  /** The exact bytes before the body. */
  head: Text;
  /** Only there if it is not the delivery's. */
  body?: Text;
  reached: boolean;
  fault?: string;
  status: number;
  class?: string;
  error?: string;
  header?: Record<string, string[]>;
  answer?: Text;
  truncated?: boolean;
  took_ms: number;
  target_status?: number;
  resent?: boolean;
  verified: boolean;
}

export interface Play extends Required<AppName> {
  id: number;
  scenario: string;
  title: string;
  meeting_id?: string;
  state: "playing" | "complete" | "stopped";
  error?: string;
  made?: boolean;
  began_at: string;
  ended_at?: string;
  step?: string;
  steps: { number: string; do: string; expect?: string; status?: string; reason?: string; sent?: number }[];
}

export interface Key {
  fingerprint: string;
  /** PEM. */
  public_key: string;
  fault: string;
  /** How often the document was fetched. */
  fetches: number;
}

/** What a key endpoint does on a bad day. */
export type KeyFault =
  | "none"
  | "status-500"
  | "hang"
  | "html"
  | "empty-data"
  | "empty-key"
  | "success-false"
  | "bad-pem"
  | "ec-key"
  | "down"
  | "tls-refused"
  | "certificate-expired"
  | "certificate-other-name"
  | "name-unknown"
  | "pem-escaped"
  | "pem-crlf"
  | "oversize"
  | "drip"
  | `redirect-cross-host=${string}`;

export type ApiFault = "none" | "status-401" | "status-404" | "status-429" | "status-500" | "html" | "slow" | "hang" | "down";

export interface Health {
  status: "ok";
  quiet: boolean;
  webhooks: number;
  pending: number;
  playing: number;
  /** Deliveries that are over, by their state. */
  over: Record<string, number>;
  /** How many deliveries were removed to make room. */
  forgotten: number;
  last_id: number;
  scale: number;
  key_fault: string;
  uptime_ms: number;
}
