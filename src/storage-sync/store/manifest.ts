import type { VmFacts } from '../../model/inventory.js';
import type { Place } from '../../model/place.js';
import { isRecord } from '../qmp/message.js';
import { isPointId, isTarget, parseLayerFile } from './layout.js';

/**
 * A recovery point, as the file beside its layers tells it: all that a failover needs when neither the source nor the
 * journal is left.
 */
export interface PointManifest {
  readonly version: 1;
  readonly id: string;
  readonly vm: { readonly id: string; readonly name: string };
  /** Moment of the data at the source, ms since the epoch. */
  readonly at: number;
  readonly consistency: 'crash' | 'filesystem';
  /** Bytes that were moved for it. */
  readonly bytes: number;
  readonly checkpoint?: string;
  readonly source: Place;
  readonly disks: readonly PointDisk[];
  /** The VM as it was at that moment. */
  readonly carries: VmFacts;
  /** Files beside the manifest, where there are any. */
  readonly definition?: string;
  readonly nvram?: string;
  readonly tpm?: string;
}

export interface PointDisk {
  readonly target: string;
  readonly sizeBytes: number;
  /** The file that holds the newest data of the point; a VM's overlay lies over it. */
  readonly layer: string;
  /** What lay below it when the point was made. A merge may have put the base there since; the image itself says. */
  readonly backing: string;
  /** SHA-256 of the disk's whole content, when it was known. */
  readonly digest?: string;
}

/** One line of ASCII, so that it can be read in pieces through any shell. */
export function serialise(value: unknown): string {
  return `${ascii(JSON.stringify(value))}\n`;
}

/** The manifest, or why it is none. */
export function parseManifest(text: string): PointManifest | string {
  const value = parseRecord<PointManifest>(text);
  if (typeof value === 'string') {
    return value;
  }
  const { version, id, vm, at, consistency, bytes, source, disks, carries } = value;
  if (version !== 1) {
    return `its version is ${JSON.stringify(version)}, and not 1`;
  }
  if (typeof id !== 'string' || !isPointId(id)) {
    return 'it has no id';
  }
  if (!isRecord(vm) || typeof vm['id'] !== 'string' || typeof vm['name'] !== 'string') {
    return 'it does not name its VM';
  }
  if (!isCount(at) || !isCount(bytes) || (consistency !== 'crash' && consistency !== 'filesystem')) {
    return 'its moment, bytes or consistency are not right';
  }
  if (!isRecord(source) || typeof source['site'] !== 'string' || typeof source['host'] !== 'string') {
    return 'it does not name its source';
  }
  if (!Array.isArray(disks) || !disks.every(isPointDisk) || !isRecord(carries)) {
    return 'its disks are not right';
  }
  return value as PointManifest;
}

/** What was read where a `Shape` is expected: any of its parts may be missing, or be anything. */
export type Unchecked<Shape> = Readonly<Partial<Record<keyof Shape, unknown>>>;

/** A JSON object, or why the text is none. */
export function parseRecord<Shape>(text: string): Unchecked<Shape> | string {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? (value as Unchecked<Shape>) : 'it is no JSON object';
  } catch {
    return text.trim() === '' ? 'it is empty' : 'it is no JSON';
  }
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** XML with every letter beyond ASCII written as a reference: the same document, and safe in pieces. */
export function asciiXml(xml: string): string {
  return xml.replaceAll(/[^\0-\x7f]/gu, (letter) => `&#x${(letter.codePointAt(0) ?? 0).toString(16)};`);
}

function ascii(json: string): string {
  return json.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function isPointDisk(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value['target'] === 'string' &&
    isTarget(value['target']) &&
    isCount(value['sizeBytes']) &&
    parseLayerFile(String(value['layer']))?.target === value['target'] &&
    parseLayerFile(String(value['backing']))?.target === value['target']
  );
}
