/** The messages of csi.proto that this driver reads, as proto-loader decodes them: a field that was not sent has its default. */
export interface NodePublishVolumeRequest {
  readonly volume_id: string;
  readonly target_path: string;
  readonly readonly: boolean;
  readonly volume_capability: VolumeCapability | null;
  readonly volume_context: Readonly<Record<string, string>>;
  /** Never logged (csi_secret). */
  readonly secrets: Readonly<Record<string, string>>;
}

export interface VolumeCapability {
  /** Which of the fields `block` and `mount` was sent. */
  readonly access_type?: 'block' | 'mount';
  readonly mount?: { readonly volume_mount_group: string } | null;
}

export interface NodeUnpublishVolumeRequest {
  readonly volume_id: string;
  readonly target_path: string;
}
