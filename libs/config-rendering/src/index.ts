export { checkTemplate } from './template/render-template';
export { checkCertificates, proxyCertificates } from './volume/certificates';
export { isFileName } from './volume/file-name';
export { renderVolume } from './volume/render-volume';
export { RenderingError } from './volume/rendering.errors';
export { type FileContent, type MountedConnector, type VolumeEnvironment } from './volume/volume-request';
