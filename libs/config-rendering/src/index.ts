export { renderVolume } from './volume/render-volume';
export { RenderingError, type RenderingErrorCode } from './volume/rendering.errors';
export { type MountedConnector, type VolumeEnvironment, type VolumeRequest } from './volume/volume-request';
